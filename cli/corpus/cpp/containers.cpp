// The standard library's containers and algorithms: maps, sets, hash maps, strings, sorting with lambdas, a priority queue.
#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <deque>
#include <functional>
#include <list>
#include <map>
#include <numeric>
#include <queue>
#include <set>
#include <string>
#include <unordered_map>
#include <vector>

namespace {

uint32_t state = 1;

uint32_t draw(uint32_t limit) {
    state = state * 1664525 + 1013904223;
    return (state >> 8) % limit;
}

uint32_t hash(const std::string &text) {
    return std::accumulate(text.begin(), text.end(), 2166136261u, [](uint32_t h, char c) { return (h ^ static_cast<uint8_t>(c)) * 16777619; });
}

struct Hash {
    size_t operator()(const std::string &text) const { return hash(text); }
};

// Words counted in a hash map and in an ordered one.
uint32_t words() {
    std::unordered_map<std::string, int, Hash> counts;
    std::map<std::string, std::vector<int>> places;
    for (int i = 0; i < 40000; i++) {
        std::string word = "word" + std::to_string(draw(3000) / (1 + i % 3));
        counts[word]++;
        places[std::move(word)].push_back(i);
    }
    uint32_t check = 0;
    for (const auto &[word, list] : places) check = check * 31 + hash(word) + static_cast<uint32_t>(counts.at(word)) * static_cast<uint32_t>(list.back());
    return check;
}

struct Person {
    std::string name;
    int age;
    double height;
};

// Records sorted by several keys, filtered and grouped.
uint32_t people() {
    std::vector<Person> people;
    for (int i = 0; i < 20000; i++)
        people.push_back({"person number " + std::to_string(draw(5000)), static_cast<int>(draw(90)), 1.5 + draw(60) / 100.0});
    std::sort(people.begin(), people.end(), [](const Person &a, const Person &b) { return a.name != b.name ? a.name < b.name : a.age < b.age; });
    std::stable_sort(people.begin(), people.end(), [](const Person &a, const Person &b) { return a.height > b.height; });
    people.erase(std::remove_if(people.begin(), people.end(), [](const Person &person) { return person.age < 18; }), people.end());
    uint32_t check = 0;
    for (const Person &person : people) check = check * 31 + hash(person.name) + static_cast<uint32_t>(person.age);
    return check;
}

// A sliding window's median by two sets.
uint32_t medians() {
    std::multiset<uint32_t> low, high;
    std::deque<uint32_t> window;
    uint32_t check = 0;
    for (int i = 0; i < 60000; i++) {
        uint32_t value = draw(1000000);
        window.push_back(value);
        (low.empty() || value <= *low.rbegin() ? low : high).insert(value);
        if (window.size() > 500) {
            auto &set = window.front() <= *low.rbegin() ? low : high;
            set.erase(set.find(window.front()));
            window.pop_front();
        }
        while (low.size() < high.size()) low.insert(high.extract(high.begin()));
        while (low.size() > high.size() + 1) high.insert(low.extract(std::prev(low.end())));
        check = check * 31 + *low.rbegin();
    }
    return check;
}

// Tasks as functions in a priority queue, and a list that is spliced.
uint32_t tasks() {
    struct Task {
        uint32_t time, id;
        std::function<uint32_t(uint32_t)> run;
        bool operator<(const Task &other) const { return time != other.time ? time > other.time : id > other.id; }
    };
    std::priority_queue<Task> queue;
    std::list<uint32_t> results;
    for (uint32_t i = 0; i < 200; i++) queue.push({draw(1000), i, [i](uint32_t x) { return x * i + 7; }});
    uint32_t check = 0;
    for (int step = 0; step < 60000; step++) {
        Task task = queue.top();
        queue.pop();
        check = task.run(check);
        results.push_back(check);
        if (results.size() > 100) {
            results.splice(results.end(), results, results.begin(), std::next(results.begin(), 50));
            results.pop_front();
        }
        task.time += 1 + draw(1000);
        queue.push(std::move(task));
    }
    return std::accumulate(results.begin(), results.end(), check);
}

}  // namespace

int main() {
    for (int round = 0; round < 10; round++) std::printf("%u %u %u %u\n", words(), people(), medians(), tasks());
}
