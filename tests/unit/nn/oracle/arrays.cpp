#include "arrays.hpp"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <numbers>
#include <numeric>
#include <stdexcept>

namespace ablatrix::nn::oracle {
namespace {

template <typename T>
std::vector<double> values_of(std::span<std::byte const> bytes)
{
    std::vector<T> typed(bytes.size() / sizeof(T));
    std::memcpy(typed.data(), bytes.data(), typed.size() * sizeof(T));
    return {typed.begin(), typed.end()};
}

Matrix read(TensorView const& view)
{
    Matrix out;
    out.value = view.type == DType::f64 ? values_of<double>(view.bytes) : values_of<float>(view.bytes);
    out.rows = view.shape.size() < 2 ? 1 : view.shape[0];
    out.columns = out.rows == 0 ? 0 : static_cast<std::int64_t>(out.value.size()) / out.rows;
    return out;
}

}  // namespace

Weights read_weights(Safetensors const& file, std::string_view prefix)
{
    Weights out;
    for (auto const& [name, view] : file.tensors()) {
        if (view.type != DType::f32 && view.type != DType::f64) continue;
        out[name.starts_with(prefix) ? name.substr(prefix.size()) : name] = read(view);
    }
    return out;
}

Matrix const& Scope::operator[](std::string_view name) const
{
    std::string const full = prefix_ + std::string(name);
    auto const found = all_->find(full);
    if (found == all_->end()) throw std::out_of_range("no weight '" + full + "'");
    return found->second;
}

double activate(Activation activation, double x)
{
    switch (activation) {
        case Activation::gelu:
            return 0.5 * x * std::erfc(-x / std::numbers::sqrt2);
        case Activation::gelu_tanh:
            return 0.5 * x * (1 + std::tanh(std::sqrt(2 / std::numbers::pi) * (x + 0.044715 * x * x * x)));
        case Activation::silu:
            return x / (1 + std::exp(-x));
        case Activation::relu:
            return std::max(x, 0.0);
        case Activation::tanh:
            return std::tanh(x);
    }
    throw std::invalid_argument("activation");
}

Matrix activate(Activation activation, Matrix x)
{
    for (double& value : x.value)
        value = activate(activation, value);
    return x;
}

Matrix add(Matrix a, Matrix const& b)
{
    if (a.rows != b.rows || a.columns != b.columns) throw std::invalid_argument("add: shapes differ");
    std::transform(a.value.begin(), a.value.end(), b.value.begin(), a.value.begin(), std::plus<>());
    return a;
}

Matrix scale(Matrix x, double factor)
{
    for (double& value : x.value)
        value *= factor;
    return x;
}

Matrix linear(Matrix const& x, Scope const& weights, bool bias)
{
    Matrix const& w = weights["weight"];
    if (w.columns != x.columns) throw std::invalid_argument("linear: widths differ");
    Matrix out(x.rows, w.rows);
    for (std::int64_t i = 0; i < x.rows; ++i) {
        for (std::int64_t o = 0; o < w.rows; ++o) {
            double sum = bias ? weights["bias"].at(0, o) : 0;
            for (std::int64_t c = 0; c < x.columns; ++c)
                sum += x.at(i, c) * w.at(o, c);
            out.at(i, o) = sum;
        }
    }
    return out;
}

Matrix layer_norm(Matrix const& x, Scope const& weights, double epsilon)
{
    Matrix const& gain = weights["weight"];
    Matrix const& shift = weights["bias"];
    auto const width = static_cast<double>(x.columns);
    Matrix out(x.rows, x.columns);
    for (std::int64_t i = 0; i < x.rows; ++i) {
        double mean = 0, variance = 0;
        for (std::int64_t c = 0; c < x.columns; ++c)
            mean += x.at(i, c) / width;
        for (std::int64_t c = 0; c < x.columns; ++c)
            variance += (x.at(i, c) - mean) * (x.at(i, c) - mean) / width;
        for (std::int64_t c = 0; c < x.columns; ++c) {
            out.at(i, c) = (x.at(i, c) - mean) / std::sqrt(variance + epsilon) * gain.at(0, c) + shift.at(0, c);
        }
    }
    return out;
}

Matrix rows_of(Matrix const& table, std::span<std::int64_t const> index)
{
    Matrix out(static_cast<std::int64_t>(index.size()), table.columns);
    for (std::int64_t i = 0; i < out.rows; ++i) {
        std::int64_t const from = index[static_cast<std::size_t>(i)];
        if (from < 0 || from >= table.rows) throw std::out_of_range("table has no row " + std::to_string(from));
        for (std::int64_t c = 0; c < table.columns; ++c)
            out.at(i, c) = table.at(from, c);
    }
    return out;
}

std::vector<std::int64_t> count_from(std::int64_t first, std::size_t count)
{
    std::vector<std::int64_t> out(count);
    std::iota(out.begin(), out.end(), first);
    return out;
}

double head_product(Matrix const& a, std::int64_t i, Matrix const& b, std::int64_t j, std::int64_t head,
                    std::int64_t width)
{
    double sum = 0;
    for (std::int64_t c = head * width; c < (head + 1) * width; ++c)
        sum += a.at(i, c) * b.at(j, c);
    return sum;
}

Matrix attend(std::int64_t queries, Matrix const& v, std::int64_t heads, Score const& score, bool causal)
{
    std::int64_t const width = v.columns / heads;
    Matrix out(queries, v.columns);
    for (std::int64_t head = 0; head < heads; ++head) {
        for (std::int64_t i = 0; i < queries; ++i) {
            std::vector<double> p(static_cast<std::size_t>(causal ? i + 1 : v.rows));
            for (std::size_t j = 0; j < p.size(); ++j)
                p[j] = score(head, i, static_cast<std::int64_t>(j));
            double const top = *std::max_element(p.begin(), p.end());
            double sum = 0;
            for (double& value : p)
                sum += value = std::exp(value - top);
            for (std::int64_t c = head * width; c < (head + 1) * width; ++c) {
                for (std::size_t j = 0; j < p.size(); ++j) {
                    out.at(i, c) += p[j] / sum * v.at(static_cast<std::int64_t>(j), c);
                }
            }
        }
    }
    return out;
}

Matrix attend(Matrix const& q, Matrix const& k, Matrix const& v, std::int64_t heads, bool causal)
{
    std::int64_t const width = q.columns / heads;
    double const root = std::sqrt(static_cast<double>(width));
    auto const score = [&](std::int64_t head, std::int64_t i, std::int64_t j) {
        return head_product(q, i, k, j, head, width) / root;
    };
    return attend(q.rows, v, heads, score, causal);
}

}  // namespace ablatrix::nn::oracle
