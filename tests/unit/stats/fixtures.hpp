#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

/// Data sets D12, D200 and M24, on which the expected numbers were computed with scikit-learn 1.2.1, SciPy 1.10.1,
/// statsmodels 0.13.5 and R 4.2.2 (pROC 1.18.0, exactRankTests 0.8-35); bootstrap vectors with two programs.
namespace ablatrix::stats::testing {

struct Binary
{
    std::vector<std::uint8_t> y;
    std::vector<double> a, b, c;
    std::vector<std::int32_t> group;
};

/// Two columns (a = s, b = t).
inline Binary d12()
{
    return {{1, 1, 0, 1, 0, 0, 1, 0, 0, 1, 0, 0},
            {.9, .8, .8, .7, .7, .6, .5, .5, .4, .3, .3, .1},
            {.6, .9, .3, .8, .4, .7, .6, .2, .5, .6, .1, .2},
            {},
            {}};
}

/// Every fifth of 200 rows is positive; groups are class-pure, 10 positive and 20 negative ones.
inline Binary d200()
{
    Binary d;
    int positives = 0;
    int negatives = 0;
    for (int i = 0; i < 200; ++i) {
        int const y = i % 5 == 0 ? 1 : 0;
        d.y.push_back(static_cast<std::uint8_t>(y));
        d.a.push_back((7 * i * i + 13 * i) % 101 + 40 * y);
        d.b.push_back(37 * i % 89 + 25 * y);
        d.c.push_back(53 * i % 97 + 30 * y);
        d.group.push_back(y == 1 ? positives / 4 : 10 + negatives / 8);
        ++(y == 1 ? positives : negatives);
    }
    return d;
}

/// Correctness of arms A and B for 3 seeds and 24 items, [seed][item].
struct Arms
{
    static constexpr std::size_t seeds = 3, items = 24;
    std::vector<std::vector<std::uint8_t>> a, b;

    std::vector<double> differences() const  // row-major [seed x item]
    {
        std::vector<double> d;
        for (std::size_t s = 0; s < seeds; ++s) {
            for (std::size_t i = 0; i < items; ++i)
                d.push_back(a[s][i] - b[s][i]);
        }
        return d;
    }
    std::vector<std::int64_t> item_sums() const
    {
        std::vector<std::int64_t> d(items, 0);
        for (std::size_t s = 0; s < seeds; ++s) {
            for (std::size_t i = 0; i < items; ++i)
                d[i] += a[s][i] - b[s][i];
        }
        return d;
    }
};

inline Arms m24()
{
    struct Pattern
    {
        std::string_view a, b;
        int count;
    };
    Pattern const patterns[] = {{"111", "111", 9}, {"000", "000", 2}, {"111", "000", 3}, {"111", "010", 2},
                                {"110", "010", 1}, {"101", "001", 2}, {"000", "111", 1}, {"010", "011", 1},
                                {"001", "101", 1}, {"111", "101", 2}};
    Arms arms;
    arms.a.resize(3);
    arms.b.resize(3);
    for (Pattern const& pattern : patterns) {
        for (int copy = 0; copy < pattern.count; ++copy) {
            for (std::size_t s = 0; s < 3; ++s) {
                arms.a[s].push_back(pattern.a[s] == '1' ? 1 : 0);
                arms.b[s].push_back(pattern.b[s] == '1' ? 1 : 0);
            }
        }
    }
    return arms;
}

}  // namespace ablatrix::stats::testing
