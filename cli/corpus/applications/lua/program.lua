-- What Lua programs do: calls, tables as arrays, records and maps, closures, methods, strings and patterns.
local output = {}

local function report(name, ...)
  local values = {...}
  for i = 1, #values do values[i] = tostring(values[i]) end
  output[#output + 1] = name .. ": " .. table.concat(values, " ") .. "\n"
end

local state = 1
local function draw(limit)
  state = (state * 1664525 + 1013904223) & 0xffffffff
  return (state >> 8) % limit
end

-- Calls.
local function fib(n)
  if n < 2 then return n end
  return fib(n - 1) + fib(n - 2)
end
report("fib", fib(30))

-- Arrays of numbers.
local function primes(limit)
  local composite, count = {}, 0
  for i = 2, limit do
    if not composite[i] then
      count = count + 1
      for j = i * i, limit, i do composite[j] = true end
    end
  end
  return count
end
report("primes", primes(600000))

local function multiply(n)
  local a, b = {}, {}
  for i = 1, n do
    a[i], b[i] = {}, {}
    for j = 1, n do a[i][j], b[i][j] = (i * j) % 7 / 8, (i + j) % 5 / 4 end
  end
  local trace = 0.0
  for i = 1, n do
    for j = 1, n do
      local sum = 0.0
      for k = 1, n do sum = sum + a[i][k] * b[k][j] end
      if i == j then trace = trace + sum end
    end
  end
  return trace
end
report("matrix", string.format("%.4f", multiply(150)))

-- Objects with methods, and inheritance by metatables.
local Shape = {}
Shape.__index = Shape
function Shape.new(side) return setmetatable({side = side}, Shape) end
function Shape:area() return self.side * self.side end
function Shape:grow(by) self.side = self.side + by end
local Circle = setmetatable({}, {__index = Shape})
Circle.__index = Circle
function Circle.new(side) return setmetatable({side = side}, Circle) end
function Circle:area() return 3.0 * self.side * self.side end
local shapes, area = {}, 0
for i = 1, 100 do shapes[i] = i % 3 == 0 and Circle.new(i) or Shape.new(i) end
for _ = 1, 14000 do
  for i = 1, #shapes do
    local shape = shapes[i]
    shape:grow(i % 2)
    area = area + shape:area() % 10
  end
end
report("shapes", area)

-- Closures.
local function counter(step)
  local count = 0
  return function() count = count + step; return count end
end
local counters, total = {}, 0
for i = 1, 50 do counters[i] = counter(i) end
for i = 1, 1000000 do total = total + counters[i % 50 + 1]() % 7 end
report("closures", total)

-- Strings, patterns, maps.
local words = {}
for i = 1, 30000 do words[i] = string.format("word%x_%d", draw(3000), i % 7) end
local text = table.concat(words, " ")
local counts, longest = {}, ""
for word in text:gmatch("%a+%x+") do
  counts[word] = (counts[word] or 0) + 1
  if #word > #longest then longest = word end
end
local keys = {}
for key in pairs(counts) do keys[#keys + 1] = key end
table.sort(keys, function(a, b)
  if counts[a] ~= counts[b] then return counts[a] > counts[b] end
  return a < b
end)
report("words", #keys, keys[1], counts[keys[1]], longest)
report("gsub", #text:gsub("_(%d)", "<%1>"), select(2, text:gsub("word1", "")))

-- Sorting numbers.
local numbers = {}
for i = 1, 100000 do numbers[i] = draw(1000000) end
table.sort(numbers)
report("sort", numbers[1], numbers[50000], numbers[100000])

return table.concat(output)
