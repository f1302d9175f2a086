// What JavaScript programs do: calls, arrays, classes, closures, maps, strings, regular expressions, JSON, exceptions.
"use strict";
const output = [];
const report = (name, ...values) => output.push(`${name}: ${values.join(" ")}\n`);

let state = 1;
const draw = (limit) => {
  state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
  return (state >>> 8) % limit;
};

// Calls.
const fib = (n) => (n < 2 ? n : fib(n - 1) + fib(n - 2));
report("fib", fib(27));

// Typed arrays.
function primes(limit) {
  const composite = new Uint8Array(limit + 1);
  let count = 0;
  for (let i = 2; i <= limit; i++) {
    if (composite[i]) continue;
    count++;
    for (let j = i * i; j <= limit; j += i) composite[j] = 1;
  }
  return count;
}
report("primes", primes(800000));

// Classes.
class Shape {
  constructor(side) { this.side = side; }
  area() { return this.side * this.side; }
  grow(by) { this.side += by; }
}
class Circle extends Shape {
  area() { return 3 * super.area(); }
}
const shapes = Array.from({ length: 100 }, (_, i) => (i % 3 ? new Shape(i) : new Circle(i)));
let area = 0;
for (let round = 0; round < 5000; round++) {
  for (const shape of shapes) {
    shape.grow(round & 1);
    area += shape.area() % 10;
  }
}
report("shapes", area);

// Closures, and functions of arrays.
const numbers = Array.from({ length: 40000 }, () => draw(1000000));
const chosen = numbers.filter((n) => n % 3).map((n) => n * 2).reduce((sum, n) => (sum + n) % 1000003, 0);
report("arrays", chosen, [...numbers].sort((a, b) => a - b).slice(19999, 20002));

// Strings, regular expressions, maps.
const text = Array.from({ length: 24000 }, (_, i) => `word${draw(3000).toString(16)}_${i % 7}`).join(" ");
const counts = new Map();
for (const [word] of text.matchAll(/[a-z]+[0-9a-f]+/g)) counts.set(word, (counts.get(word) ?? 0) + 1);
const most = [...counts].sort(([a, m], [b, n]) => n - m || (a < b ? -1 : 1));
report("words", counts.size, most[0], text.replace(/_(\d)/g, "<$1>").length);

// JSON.
const records = Array.from({ length: 3000 }, (_, i) => ({ id: i, name: `item "${i}"`, values: [i / 8, -i, null], flag: i % 2 === 0 }));
let json = "";
for (let round = 0; round < 9; round++) json = JSON.stringify(round ? JSON.parse(json) : records);
report("json", json.length, json.slice(40, 80));

// Exceptions.
const check = (n) => {
  if (n % 5 === 0) throw new RangeError(`not ${n}`);
  return n;
};
let thrown = 0;
for (let i = 0; i < 40000; i++) {
  try { check(i); } catch (error) { thrown += error.message.length; }
}
report("exceptions", thrown);

output.join("");
