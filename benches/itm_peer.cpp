// Answers cases with NTIA's reference implementation of the irregular terrain model, for `benches/radio.rs`.
//
// From a checkout of github.com/NTIA/itm: remove __declspec(dllexport) from include/itm.h, turn the backslashes of #include lines in src
// into slashes, then: g++ -O2 -I include -o itm_peer .../benches/itm_peer.cpp src/*.cpp
//
// A case a line: mode (0 point to point, 1 area), both heights, climate, refractivity, frequency, polarization, permittivity, conductivity,
// mode of variability, time, location, situation; then the number of steps, the step and the heights, or both sitings, km, roughness.
#include "itm.h"
#include <cstdio>

int main() {
    int mode;
    while (scanf("%d", &mode) == 1) {
        double h1, h2, n0, f, eps, sigma, time, location, situation, loss = 0;
        int climate, pol, vary, code;
        long warnings = 0;
        if (scanf("%lf %lf %d %lf %lf %d %lf %lf %d %lf %lf %lf", &h1, &h2, &climate, &n0, &f, &pol, &eps, &sigma, &vary, &time,
                  &location, &situation) != 12)
            return 1;
        if (mode == 0) {
            int steps;
            double step;
            if (scanf("%d %lf", &steps, &step) != 2) return 1;
            std::vector<double> profile(steps + 3);
            profile[0] = steps;
            profile[1] = step;
            for (int i = 2; i < steps + 3; i++)
                if (scanf("%lf", &profile[i]) != 1) return 1;
            code = ITM_P2P_TLS(h1, h2, profile.data(), climate, n0, f, pol, eps, sigma, vary, time, location, situation, &loss, &warnings);
        } else {
            int site1, site2;
            double km, roughness;
            if (scanf("%d %d %lf %lf", &site1, &site2, &km, &roughness) != 4) return 1;
            code = ITM_AREA_TLS(h1, h2, site1, site2, km, roughness, climate, n0, f, pol, eps, sigma, vary, time, location, situation, &loss,
                                &warnings);
        }
        printf("%d %ld %.12g\n", code, warnings, loss);
    }
}
