// A ray tracer whose shapes and materials have virtual methods: f64 vectors by value, recursion, indirect calls.
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <memory>
#include <vector>

struct Vector {
    double x, y, z;
    Vector operator+(Vector b) const { return {x + b.x, y + b.y, z + b.z}; }
    Vector operator-(Vector b) const { return {x - b.x, y - b.y, z - b.z}; }
    Vector operator*(double f) const { return {x * f, y * f, z * f}; }
    double dot(Vector b) const { return x * b.x + y * b.y + z * b.z; }
    Vector unit() const { return *this * (1 / std::sqrt(dot(*this))); }
};

struct Ray {
    Vector from, towards;
    Vector at(double distance) const { return from + towards * distance; }
};

class Material {
  public:
    virtual ~Material() = default;
    // Brightness without reflections, and how much is reflected.
    virtual double brightness(Vector place) const = 0;
    virtual double reflection() const { return 0; }
};

class Plain : public Material {
  public:
    explicit Plain(double value) : value(value) {}
    double brightness(Vector) const override { return value; }

  private:
    double value;
};

class Checkered : public Material {
  public:
    double brightness(Vector place) const override {
        return (static_cast<int>(std::floor(place.x)) + static_cast<int>(std::floor(place.z))) & 1 ? 0.9 : 0.3;
    }
    double reflection() const override { return 0.1; }
};

class Mirror : public Plain {
  public:
    using Plain::Plain;
    double reflection() const override { return 0.7; }
};

class Shape {
  public:
    explicit Shape(std::shared_ptr<Material> material) : material(std::move(material)) {}
    virtual ~Shape() = default;
    // Distance to the nearest point in front of the ray's start, or a negative number.
    virtual double hit(const Ray &ray) const = 0;
    virtual Vector normal(Vector place) const = 0;
    const std::shared_ptr<Material> material;
};

class Sphere : public Shape {
  public:
    Sphere(Vector centre, double radius, std::shared_ptr<Material> material)
        : Shape(std::move(material)), centre(centre), radius(radius) {}
    double hit(const Ray &ray) const override {
        Vector to = centre - ray.from;
        double middle = to.dot(ray.towards), square = middle * middle - to.dot(to) + radius * radius;
        if (square < 0) return -1;
        double half = std::sqrt(square);
        return middle - half > 1e-6 ? middle - half : middle + half > 1e-6 ? middle + half : -1;
    }
    Vector normal(Vector place) const override { return (place - centre) * (1 / radius); }

  private:
    Vector centre;
    double radius;
};

class Floor : public Shape {
  public:
    Floor(double height, std::shared_ptr<Material> material) : Shape(std::move(material)), height(height) {}
    double hit(const Ray &ray) const override {
        double distance = (height - ray.from.y) / ray.towards.y;
        return distance > 1e-6 ? distance : -1;
    }
    Vector normal(Vector) const override { return {0, 1, 0}; }

  private:
    double height;
};

class Scene {
  public:
    void add(std::unique_ptr<Shape> shape) { shapes.push_back(std::move(shape)); }

    double trace(const Ray &ray, int depth) const {
        double nearest = 1e30;
        const Shape *shape = find(ray, nearest);
        if (!shape) return 0.2 + 0.3 * (1 + ray.towards.y);
        Vector place = ray.at(nearest), normal = shape->normal(place);
        double unused = 1e30, diffuse = normal.dot(light);
        if (diffuse < 0 || find({place, light}, unused)) diffuse = 0;
        double brightness = shape->material->brightness(place) * (0.2 + 0.8 * diffuse);
        double reflection = shape->material->reflection();
        if (depth == 0 || reflection == 0) return brightness;
        Ray reflected{place, ray.towards - normal * (2 * normal.dot(ray.towards))};
        return brightness * (1 - reflection) + reflection * trace(reflected, depth - 1);
    }

  private:
    const Shape *find(const Ray &ray, double &nearest) const {
        const Shape *found = nullptr;
        for (const auto &shape : shapes) {
            double distance = shape->hit(ray);
            if (distance < 0 || distance >= nearest) continue;
            nearest = distance;
            found = shape.get();
        }
        return found;
    }

    std::vector<std::unique_ptr<Shape>> shapes;
    const Vector light = Vector{0.5, 1, -0.3}.unit();
};

int main() {
    const int width = 1920, height = 1200;
    Scene scene;
    auto mirror = std::make_shared<Mirror>(0.8), dark = std::make_shared<Mirror>(0.3);
    auto plain = std::make_shared<Plain>(0.6);
    scene.add(std::make_unique<Floor>(-1, std::make_shared<Checkered>()));
    for (int i = 0; i < 24; i++) {
        Vector centre{i % 6 * 1.5 - 3.5, i / 6 * 0.8 - 0.5, i % 5 * 1.1 + 3.0};
        std::shared_ptr<Material> material = i % 3 == 0 ? std::static_pointer_cast<Material>(mirror) : i % 3 == 1 ? dark : plain;
        scene.add(std::make_unique<Sphere>(centre, 0.3 + i % 4 * 0.1, material));
    }
    uint32_t check = 0;
    double sum = 0;
    for (int y = 0; y < height; y++)
        for (int x = 0; x < width; x++) {
            Vector towards{(x - width / 2) / 1200.0, (height / 2 - y) / 1200.0, 1};
            double brightness = scene.trace({{0, 0.5, -2}, towards.unit()}, 5);
            sum += brightness;
            check = check * 31 + static_cast<uint32_t>(brightness * 255);
        }
    std::printf("%u %.6f\n", check, sum);
}
