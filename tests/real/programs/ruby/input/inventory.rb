# frozen_string_literal: true

# Blocks, fibers, pattern matching, regular expressions, big numbers, structs, refinements, exceptions, files.

Part = Struct.new(:name, :count, :tags) do
  include Comparable
  def <=>(other) = [count, name] <=> [other.count, other.name]
  def to_s = format("%-8s %4d %s", name, count, tags.join("+"))
end

module Shout
  refine String do
    def shout = upcase + "!"
  end
end
using Shout

parts = File.foreach("parts.txt", chomp: true).filter_map do |line|
  case line.split(/\s*;\s*/)
  in [name, /\A\d+\z/ => count, *tags] then Part.new(name, count.to_i, tags.map(&:to_sym))
  in [/\A#/, *] | [] then nil
  end
end
puts parts.sort, parts.max.name.shout
p parts.group_by { |part| part.tags.first }.transform_values { |group| group.sum(&:count) }
p parts.flat_map(&:tags).tally.sort_by { |tag, n| [-n, tag] }.to_h

fib = Fiber.new do
  a, b = 0, 1
  loop { Fiber.yield a; a, b = b, a + b }
end
p Array.new(15) { fib.resume }

primes = Enumerator.new do |y|
  found = []
  2.step { |n| y << n && found << n if found.take_while { |q| q * q <= n }.none? { |q| (n % q).zero? } }
end
p primes.lazy.select { |n| n % 4 == 1 }.map { |n| n * n }.first(8), primes.take(500).sum

p 2**200, (1..30).reduce(:*), 7.fdiv(3).round(5), -7 / 2, -7 % 3, Rational(3, 4) + 1, Complex(1, 2) ** 3, Integer.sqrt(10**30)
p "naïve café".scan(/\p{L}+/), "2024-02-29".match(/(?<y>\d+)-(?<m>\d+)/).named_captures, "a-b_c".tr("-_", "  ").split.map(&:to_sym)
p "sesame".gsub(/[es]/, "e" => "3", "s" => "$"), "héllo".bytes.sum, "%x" % "crc".unpack1("H*").hex, [1, 2.5, "x"].pack("Cga*")

def risky(level)
  raise ArgumentError, "level #{level}" if level > 2

  risky(level + 1)
ensure
  (@unwound ||= []) << level
end
begin
  risky(0)
rescue ArgumentError => e
  puts "rescued #{e.message}, unwound #{@unwound}, #{e.backtrace.size > 3}"
end
puts(catch(:found) { 10.times { |i| 10.times { |j| throw :found, [i, j].inspect if i * j == 42 } } })

config = { db: { user: "ada", ports: [5432, 5433] }, mode: "ro" }
case config
in { db: { user: String => user, ports: [first, *] }, mode: "ro" | "rw" => mode } then puts "#{user}:#{first}/#{mode}"
end

h = Hash.new { |hash, n| hash[n] = n < 2 ? n : hash[n - 1] + hash[n - 2] }
p h[40], ObjectSpace.respond_to?(:each_object), [3, 1, 2].sort.reverse, (1..4).each_cons(2).to_a, %w[x y].product([1, 2])
counter = Hash.new(0)
20_000.times { |i| counter["k#{i * 7919 % 997}"] += i }
p counter.size, counter.values.max, counter.min_by { |k, v| [v, k] }

Dir.mkdir("made")
File.write("made/a.txt", "one\ntwo\n")
File.open("made/a.txt", "a+") { |f| f.puts "three"; f.rewind; p f.readlines(chomp: true) }
File.rename("made/a.txt", "made/b.txt")
p Dir.children("made"), File.size("made/b.txt"), File.exist?("made/a.txt")
File.delete("made/b.txt")
Dir.rmdir("made")
begin
  File.read("/etc/passwd")
rescue SystemCallError => e
  puts "outside: #{e.class}"
end
puts $stdin.each_line.map { |line| line.chomp.reverse }.join(","), ARGV.inspect
warn "to stderr"
exit 5
