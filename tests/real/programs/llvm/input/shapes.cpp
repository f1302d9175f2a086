// Templates, virtual calls, containers and algorithms of libc++, without exceptions.
#include <algorithm>
#include <cstdio>
#include <functional>
#include <map>
#include <memory>
#include <numeric>
#include <string>
#include <unordered_map>
#include <vector>

struct Shape {
    virtual ~Shape() = default;
    virtual double area() const = 0;
    virtual std::string name() const { return "shape"; }
};

template <int Sides> struct Polygon : Shape {
    double side;
    explicit Polygon(double side) : side(side) {}
    double area() const override { return side * side * Sides / (4 * tangent(3.14159265358979323846 / Sides)); }
    std::string name() const override { return std::to_string(Sides) + "-gon"; }
    static double tangent(double x) { return __builtin_tan(x); }
};

static Polygon<3> first(2); // a global constructor and destructor

template <class T> T fold(const std::vector<T> &values, const std::function<T(T, T)> &combine) {
    return std::accumulate(values.begin() + 1, values.end(), values.front(), combine);
}

int main() {
    std::vector<std::unique_ptr<Shape>> shapes;
    shapes.emplace_back(new Polygon<6>(1));
    shapes.emplace_back(new Polygon<4>(1.5));
    shapes.emplace_back(new Polygon<5>(0.75));
    std::sort(shapes.begin(), shapes.end(), [](auto &a, auto &b) { return a->area() < b->area(); });
    for (auto &shape : shapes) std::printf("%s %.6f\n", shape->name().c_str(), shape->area());
    std::printf("%s %.6f\n", first.name().c_str(), static_cast<Shape &>(first).area());

    std::unordered_map<std::string, int> counts;
    std::map<int, std::vector<std::string>> by_length;
    for (int i = 0; i < 5000; i++) counts["key" + std::to_string(i * i % 701)] += i;
    for (auto &entry : counts) by_length[(int)entry.first.size()].push_back(entry.first);
    for (auto &entry : by_length) {
        std::sort(entry.second.rbegin(), entry.second.rend());
        std::printf("%d: %zu, %s\n", entry.first, entry.second.size(), entry.second.back().c_str());
    }
    std::vector<long long> numbers(20);
    std::iota(numbers.begin(), numbers.end(), 1);
    std::printf("%lld %lld\n", fold<long long>(numbers, std::multiplies<long long>()), fold<long long>(numbers, [](auto a, auto b) { return a ^ b; }));
    std::next_permutation(numbers.begin(), numbers.end());
    std::string text = "whole program";
    std::rotate(text.begin(), text.begin() + 6, text.end());
    std::printf("%lld %s %zu\n", numbers.back(), text.c_str(), text.find("whole"));
}
