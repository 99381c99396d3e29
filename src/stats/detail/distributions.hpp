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
double chi_square_quantile(double p, double df);
/// Upper tail of Fisher's F.
double fisher_f_p(double x, double df1, double df2);
/// P(T <= t) for Student's t with noncentrality \p delta.
double noncentral_t_cdf(double t, double df, double delta);
double beta_quantile(double a, double b, double p);
/// P(X <= k) for X ~ Bin(n, p); k may be -1.
double binomial_cdf(std::int64_t k, std::int64_t n, double p);
/// Smallest k with P(X <= k) >= q.
std::int64_t binomial_quantile(double q, std::int64_t n, double p);
/// log n!
double log_factorial(std::int64_t n);
/// Upper tail of the range of \p k independent standard normals (studentized range with infinite df).
double normal_range_p(double w, int k);
/// w with P(range > w) = \p upper.
double normal_range_quantile(double upper, int k);
/// P(X <= k) and P(X = k) for X ~ Bin(m, 1/2); k may be -1.
double half_binomial_cdf(std::int64_t k, std::int64_t m);
double half_binomial_pmf(std::int64_t k, std::int64_t m);

}  // namespace ablatrix::stats::detail
