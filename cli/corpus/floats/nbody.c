// Five planets attracting each other, step by step: square roots, divisions, and long chains of dependent arithmetic.
#include <math.h>
#include <stdio.h>

enum { BODIES = 5, STEPS = 9000000 };
static const double pi = 3.141592653589793, days = 365.24;

struct body {
    double x, y, z, vx, vy, vz, mass;
};

// Sun, Jupiter, Saturn, Uranus, Neptune: astronomical units, per day, and solar masses.
static struct body bodies[BODIES] = {
    {0, 0, 0, 0, 0, 0, 1},
    {4.84143144246472090, -1.16032004402742839, -0.103622044471123109, 0.00166007664274403694, 0.00769901118419740425,
     -0.0000690460016972063023, 0.000954791938424326609},
    {8.34336671824457987, 4.12479856412430479, -0.403523417114321381, -0.00276742510726411, 0.00499852801234917238,
     0.0000230417297573763929, 0.000285885980666130812},
    {12.8943695621391310, -15.1111514016986312, -0.223307578892655734, 0.00296460137564761618, 0.00237847173959480950,
     -0.0000296589568540237556, 0.0000436624404335156298},
    {15.3796971148509165, -25.9193146099879641, 0.179258772950371181, 0.00268067772490389322, 0.00162824170038242295,
     -0.0000951592254519715870, 0.0000515138902046611451},
};

static void advance(double dt) {
    for (int i = 0; i < BODIES; i++) {
        struct body *a = &bodies[i];
        for (int j = i + 1; j < BODIES; j++) {
            struct body *b = &bodies[j];
            double dx = a->x - b->x, dy = a->y - b->y, dz = a->z - b->z;
            double square = dx * dx + dy * dy + dz * dz, force = dt / (square * sqrt(square));
            a->vx -= dx * b->mass * force, a->vy -= dy * b->mass * force, a->vz -= dz * b->mass * force;
            b->vx += dx * a->mass * force, b->vy += dy * a->mass * force, b->vz += dz * a->mass * force;
        }
    }
    for (int i = 0; i < BODIES; i++) {
        struct body *a = &bodies[i];
        a->x += dt * a->vx, a->y += dt * a->vy, a->z += dt * a->vz;
    }
}

static double energy(void) {
    double sum = 0;
    for (int i = 0; i < BODIES; i++) {
        const struct body *a = &bodies[i];
        sum += 0.5 * a->mass * (a->vx * a->vx + a->vy * a->vy + a->vz * a->vz);
        for (int j = i + 1; j < BODIES; j++) {
            const struct body *b = &bodies[j];
            double dx = a->x - b->x, dy = a->y - b->y, dz = a->z - b->z;
            sum -= a->mass * b->mass / sqrt(dx * dx + dy * dy + dz * dz);
        }
    }
    return sum;
}

int main(void) {
    double px = 0, py = 0, pz = 0;
    for (int i = 0; i < BODIES; i++) {
        struct body *a = &bodies[i];
        a->mass *= 4 * pi * pi;
        a->vx *= days, a->vy *= days, a->vz *= days;
        px += a->vx * a->mass, py += a->vy * a->mass, pz += a->vz * a->mass;
    }
    // The sun moves so that the whole stands still.
    bodies[0].vx = -px / bodies[0].mass, bodies[0].vy = -py / bodies[0].mass, bodies[0].vz = -pz / bodies[0].mass;
    printf("%.9f\n", energy());
    for (int step = 0; step < STEPS; step++) advance(0.01);
    printf("%.9f\n", energy());
    return 0;
}
