#include "detail/distributions.hpp"

#include <algorithm>
#include <cmath>

#include <boost/math/distributions/beta.hpp>
#include <boost/math/distributions/binomial.hpp>
#include <boost/math/distributions/chi_squared.hpp>
#include <boost/math/distributions/fisher_f.hpp>
#include <boost/math/distributions/non_central_t.hpp>
#include <boost/math/distributions/normal.hpp>
#include <boost/math/distributions/students_t.hpp>
#include <boost/math/special_functions/gamma.hpp>

namespace ablatrix::stats::detail {

namespace math = boost::math;

double normal_cdf(double x)
{
    return math::cdf(math::normal(), x);
}

double normal_quantile(double p)
{
    return math::quantile(math::normal(), p);
}

double normal_two_sided(double level)
{
    return math::quantile(math::complement(math::normal(), (1 - level) / 2));
}

double normal_p(double z)
{
    return 2 * math::cdf(math::normal(), -std::abs(z));
}

double student_two_sided(double level, double df)
{
    return math::quantile(math::complement(math::students_t(df), (1 - level) / 2));
}

double student_p(double t, double df)
{
    return 2 * math::cdf(math::students_t(df), -std::abs(t));
}

double chi_square_p(double x, double df)
{
    return math::cdf(math::complement(math::chi_squared(df), x));
}

double chi_square_quantile(double p, double df)
{
    return math::quantile(math::chi_squared(df), p);
}

double fisher_f_p(double x, double df1, double df2)
{
    return math::cdf(math::complement(math::fisher_f(df1, df2), x));
}

double noncentral_t_cdf(double t, double df, double delta)
{
    return math::cdf(math::non_central_t(df, delta), t);
}

double binomial_cdf(std::int64_t k, std::int64_t n, double p)
{
    if (k < 0) return 0;
    if (k >= n) return 1;
    return math::cdf(math::binomial(static_cast<double>(n), p), static_cast<double>(k));
}

std::int64_t binomial_quantile(double q, std::int64_t n, double p)
{
    std::int64_t low = -1;
    std::int64_t high = n;
    while (high - low > 1) {
        std::int64_t const middle = low + (high - low) / 2;
        (binomial_cdf(middle, n, p) >= q ? high : low) = middle;
    }
    return high;
}

double log_factorial(std::int64_t n)
{
    return math::lgamma(static_cast<double>(n) + 1);
}

double normal_range_p(double w, int k)
{
    // k * integral of pdf(x) [cdf(x) - cdf(x - w)]^(k-1); the integrand is smooth and vanishes at both ends, where the
    // trapezoidal rule converges faster than any power of the step.
    constexpr int steps = 256;
    double const low = -9;
    double const step = (18 + w) / steps;
    double sum = 0;
    for (int i = 1; i < steps; ++i) {
        double const x = low + i * step;
        double const inside = normal_cdf(x) - normal_cdf(x - w);
        sum += math::pdf(math::normal(), x) * std::pow(inside, k - 1);
    }
    return std::max(0.0, 1 - k * step * sum);
}

double normal_range_quantile(double upper, int k)
{
    double low = 0;
    double high = 20;
    while (high - low > 1e-12) {
        double const middle = low + (high - low) / 2;
        (normal_range_p(middle, k) > upper ? low : high) = middle;
    }
    return low;
}

double beta_quantile(double a, double b, double p)
{
    return math::quantile(math::beta_distribution<double>(a, b), p);
}

double half_binomial_cdf(std::int64_t k, std::int64_t m)
{
    if (k < 0) return 0;
    return math::cdf(math::binomial(static_cast<double>(m), 0.5), static_cast<double>(k));
}

double half_binomial_pmf(std::int64_t k, std::int64_t m)
{
    return math::pdf(math::binomial(static_cast<double>(m), 0.5), static_cast<double>(k));
}

}  // namespace ablatrix::stats::detail
