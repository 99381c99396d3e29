#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <numeric>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <ablatrix/base/bundle.hpp>
#include <ablatrix/base/random.hpp>
#include <ablatrix/plan/stage.hpp>

namespace ablatrix::ecg::test {

using Inputs = std::map<std::string, base::Bundle const*, std::less<>>;

inline base::Bundle run(plan::StageKind const& kind, plan::Params const& params, Inputs inputs, int threads = 1)
{
    return kind.run(plan::StageContext(params, std::move(inputs), threads, "cpu"));
}

/// A "labels" bundle. Item ids are 100 + 7 * row, so that no test mistakes one for the other.
inline base::Bundle make_labels(std::vector<std::int32_t> const& observed, std::vector<std::int32_t> const& clean,
                                int classes)
{
    std::vector<std::int64_t> item;
    std::vector<std::uint8_t> is_noisy;
    for (std::size_t i = 0; i < observed.size(); ++i) {
        item.push_back(static_cast<std::int64_t>(100 + 7 * i));
        is_noisy.push_back(observed[i] != clean[i] ? 1 : 0);
    }
    base::Bundle out;
    out.put("item", item);
    out.put("observed", observed);
    out.put("clean", clean);
    out.put("is_noisy", is_noisy);
    out.put_scalar("classes", classes);
    return out;
}

template <typename T>
std::vector<T> values(base::Bundle const& bundle, std::string_view name)
{
    auto const found = bundle.get<T>(name);
    return {found.begin(), found.end()};
}

/// Row i of the result is row order[i] of \p bundle, for every array with as many rows.
inline base::Bundle permuted(base::Bundle const& bundle, std::vector<std::size_t> const& order)
{
    base::Bundle out;
    for (auto const& [name, array] : bundle.arrays()) {
        auto const& shape = array.shape;
        std::visit(
            [&, &name = name](auto values) {
                if (shape.front() == static_cast<std::int64_t>(order.size())) {
                    auto const from = values;
                    auto const width = values.size() / order.size();
                    for (std::size_t i = 0; i < order.size(); ++i) {
                        for (std::size_t c = 0; c < width; ++c)
                            values[i * width + c] = from[order[i] * width + c];
                    }
                }
                out.put(name, values, shape);
            },
            array.values);
    }
    return out;
}

inline std::vector<std::size_t> random_order(std::size_t n, std::uint64_t seed)
{
    std::vector<std::size_t> order(n);
    std::iota(order.begin(), order.end(), std::size_t{0});
    base::Stream(seed, "random_order").shuffle(std::span<std::size_t>(order));
    return order;
}

/// A binary problem with overlapping classes: \p vectors [n x dim] and labels of which every \p flip_every-th is wrong.
struct Problem
{
    base::Bundle vectors;
    base::Bundle labels;
    std::vector<std::int32_t> observed;
};

inline Problem make_problem(std::int64_t rows, std::int64_t dim, std::size_t flip_every = 10)
{
    base::Stream stream(23, "ecg_baselines_test");
    std::vector<float> features;
    std::vector<std::int32_t> clean, observed;
    for (std::int64_t i = 0; i < rows; ++i) {
        auto const label = static_cast<std::int32_t>(stream.below(2));
        clean.push_back(label);
        bool const flip = static_cast<std::size_t>(i) % flip_every == 0;
        observed.push_back(flip ? 1 - label : label);
        for (std::int64_t d = 0; d < dim; ++d) {
            double const centre = d < 3 ? 0.8 * (label == 1 ? 1 : -1) : 0.0;
            features.push_back(static_cast<float>(centre + stream.normal()));
        }
    }
    Problem out;
    out.vectors.put("vectors", features, {rows, dim});
    out.labels = make_labels(observed, clean, 2);
    out.observed = observed;
    return out;
}

inline plan::Params training_params()
{
    plan::Params params;
    params.set("seed", 42).set("epochs", 4).set("batch", 32).set("learning_rate", 0.05).set("weight_decay", 0.01);
    return params;
}

}  // namespace ablatrix::ecg::test
