// C++ exceptions in all their forms; prints what happens.

#include <cstdio>
#include <exception>
#include <map>
#include <memory>
#include <new>
#include <stdexcept>
#include <string>
#include <vector>

#define NEVER_INLINE __attribute__((noinline))

struct Tracer {
  const char* name;
  explicit Tracer(const char* name) : name(name) { printf("  +%s\n", name); }
  Tracer(const Tracer& other) : name(other.name) { printf("  =%s\n", name); }
  ~Tracer() { printf("  -%s%s\n", name, std::uncaught_exceptions() ? " while something is thrown" : ""); }
};

struct Base {
  virtual ~Base() {}
  virtual const char* what() const { return "base"; }
};
struct Left : virtual Base {
  int left = 1;
  const char* what() const override { return "left"; }
};
struct Right : virtual Base {
  int right = 2;
};
struct Both : Left, Right {
  int both = 3;
  const char* what() const override { return "both"; }
};
struct Unrelated {
  double number;
};

NEVER_INLINE void throws(int which) {
  Tracer tracer("frame of throws");
  switch (which) {
    case 0: throw 42;
    case 1: throw 2.5;
    case 2: throw "text";
    case 3: throw Left();
    case 4: throw Both();
    case 5: throw Unrelated{1.25};
    case 6: throw std::string("a string that is too long for the short form");
    case 7: throw std::out_of_range("range");
    case 8: throw std::make_unique<int>(8);
    case 9: throw static_cast<Right*>(nullptr);
    case 10: throw 10LL;
  }
  printf("  nothing thrown\n");
}

NEVER_INLINE void matches(int which) {
  printf("matches %d\n", which);
  try {
    throws(which);
  } catch (int number) {
    printf("  int %d\n", number);
  } catch (const double& number) {
    printf("  double %g\n", number);
  } catch (const char* text) {
    printf("  %s\n", text);
  } catch (Right& right) {
    printf("  right %d %s\n", right.right, right.what());
  } catch (Base& base) {
    printf("  base %s\n", base.what());
  } catch (std::string text) {
    printf("  %s\n", text.c_str());
  } catch (const std::exception& exception) {
    printf("  exception %s\n", exception.what());
  } catch (std::unique_ptr<int>& pointer) {
    printf("  pointer %d\n", *pointer);
  } catch (Base* pointer) {
    printf("  null pointer %d\n", pointer == nullptr);
  } catch (...) {
    printf("  something else\n");
  }
}

NEVER_INLINE void cleanups(int depth) {
  Tracer tracer(depth % 2 ? "odd" : "even");
  if (depth == 0) throws(0);
  cleanups(depth - 1);
}

NEVER_INLINE void again(int times) {
  try {
    if (times == 0) throws(3);
    again(times - 1);
  } catch (Left& left) {
    left.left *= 3;
    throw;
  }
}

// A handler that throws while it handles, with another one active around it.
NEVER_INLINE void nested() {
  try {
    try {
      throws(1);
    } catch (double outer) {
      try {
        throws(0);
      } catch (int inner) {
        printf("  %g and %d\n", outer, inner);
      }
      try {
        throw;
      } catch (double same) {
        printf("  %g again\n", same);
        throw std::runtime_error("from a handler");
      }
    }
  } catch (const std::runtime_error& error) {
    printf("  %s\n", error.what());
  }
}

struct Members {
  Tracer first{"first member"};
  Tracer second;
  Tracer third{"third member"};
  static const char* fails(bool fail) {
    if (fail) throw std::logic_error("second member");
    return "second member";
  }
  explicit Members(bool fail) try : second(fails(fail)) {
    printf("  constructed\n");
  } catch (const std::logic_error& error) {
    printf("  not constructed: %s\n", error.what());
  }
};

struct Shape {
  virtual ~Shape() {}
  virtual int area(int size) = 0;
};
struct Square : Shape {
  int area(int size) override { return size * size; }
};
struct Bad : Shape {
  int area(int size) override {
    if (size % 3 == 0) throw size;
    return 1;
  }
};

NEVER_INLINE int virtual_calls(const std::vector<std::unique_ptr<Shape>>& shapes) {
  int sum = 0;
  for (int size = 0; size < 30; size++) {
    try {
      sum += shapes[size % shapes.size()]->area(size);
    } catch (int thrown) {
      if (thrown > 20) break;
      sum -= thrown;
      continue;
    }
    sum += 1000;
  }
  return sum;
}

NEVER_INLINE int library() {
  int caught = 0;
  std::vector<int> vector{1, 2, 3};
  std::map<std::string, int> map{{"a", 1}};
  for (int at = 0; at < 6; at++) {
    try {
      caught += vector.at(at) * 100;
      caught += map.at(at == 1 ? "a" : "b");
    } catch (const std::out_of_range&) {
      caught++;
    }
  }
  try {
    vector.reserve(size_t(-1) / 2);
  } catch (const std::length_error&) {
    caught += 10000;
  }
  return caught;
}

// Throws to the caller a million times: what a program that uses exceptions as a way to return pays.
NEVER_INLINE int parse(int number) {
  if (number % 2) throw number;
  return number / 2;
}
NEVER_INLINE long long often() {
  long long sum = 0;
  for (int number = 0; number < 1000000; number++) {
    try {
      sum += parse(number);
    } catch (int odd) {
      sum -= odd;
    }
  }
  return sum;
}

NEVER_INLINE int deep(int depth) {
  if (depth == 0) throws(10);
  return deep(depth - 1) + 1;
}

struct Guard {
  int& count;
  ~Guard() {
    // A throw that stays inside a destructor which runs because of another.
    try {
      throw 1;
    } catch (int one) {
      count += one;
    }
  }
};

NEVER_INLINE void no_further() noexcept {
  try {
    throws(0);
  } catch (int) {
    printf("  caught inside\n");
  }
}

int main() {
  for (int which = 0; which <= 11; which++) matches(which);
  printf("cleanups\n");
  try {
    cleanups(4);
  } catch (int number) {
    printf("  %d\n", number);
  }
  printf("again\n");
  try {
    again(5);
  } catch (const Left& left) {
    printf("  %d\n", left.left);
  }
  printf("nested\n");
  nested();
  printf("members\n");
  for (bool fail : {false, true}) {
    try {
      Members members(fail);
    } catch (const std::logic_error& error) {
      printf("  passed on: %s\n", error.what());
    }
  }
  std::vector<std::unique_ptr<Shape>> shapes;
  shapes.push_back(std::make_unique<Square>());
  shapes.push_back(std::make_unique<Bad>());
  printf("virtual calls %d\n", virtual_calls(shapes));
  printf("library %d\n", library());
  printf("deep\n");
  try {
    deep(10000);
  } catch (...) {
    printf("  caught, %u left\n", std::uncaught_exceptions());
  }
  int guarded = 0;
  try {
    Guard one{guarded}, two{guarded};
    throws(0);
  } catch (int) {
    printf("guards %d\n", guarded);
  }
  no_further();
  printf("often %lld\n", often());
  return 0;
}
