#pragma once

#include <cstdint>

/// \file
/// Distribution functions (Boost.Math behind plain doubles). Arguments must be in range.

namespace ablatrix::stats::detail {

double normal_cdf(double x);
double normal_quantile(double p);
/// z such that a standard normal lies within +-z with probability \p level.
double normal_two_sided(double level);
/// Two-sided p of a standard normal.
double normal_p(double z);
/// t such that Student's t lies within +-t with probability \p level.
double student_two_sided(double level, double df);
double student_p(double t, double df);
/// Upper tail of chi-square.
double chi_square_p(double x, double df);
double beta_quantile(double a, double b, double p);
/// P(X <= k) and P(X = k) for X ~ Bin(m, 1/2); k may be -1.
double half_binomial_cdf(std::int64_t k, std::int64_t m);
double half_binomial_pmf(std::int64_t k, std::int64_t m);

}  // namespace ablatrix::stats::detail
