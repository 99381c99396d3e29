#pragma once

#include <fstream>
#include <span>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

/// Numbers of scikit-learn, SciPy and statsmodels; tests/parity/make_statistics_fixtures.py made them.
namespace ablatrix::stats::testing {

inline nlohmann::json const& parity_fixture()
{
    static nlohmann::json const values = [] {
        std::ifstream file(std::string(ABLATRIX_SOURCE_DIR) + "/tests/parity/statistics.json");
        return nlohmann::json::parse(file);
    }();
    return values;
}

template <typename T>
std::vector<T> list(nlohmann::json const& values)
{
    return values.get<std::vector<T>>();
}

/// Rows of numbers, and views of them.
template <typename T>
struct Lists
{
    explicit Lists(nlohmann::json const& values) : rows(values.get<std::vector<std::vector<T>>>()) {}
    std::vector<std::span<T const>> spans() const { return {rows.begin(), rows.end()}; }

    std::vector<std::vector<T>> rows;
};

}  // namespace ablatrix::stats::testing
