#include "detail/distributions.hpp"

#include <cmath>

#include <boost/math/distributions/beta.hpp>
#include <boost/math/distributions/binomial.hpp>
#include <boost/math/distributions/chi_squared.hpp>
#include <boost/math/distributions/normal.hpp>
#include <boost/math/distributions/students_t.hpp>

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
