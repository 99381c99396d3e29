#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <ablatrix/nn/encoder_config.hpp>
#include <ablatrix/nn/safetensors.hpp>

/// \file
/// What the equations of the encoders are written in: double precision, row-major, one row of tokens at a time.
/// Slow and plain on purpose: the second implementation that tests compare libtorch's numbers with.
namespace ablatrix::nn::oracle {

/// A vector is one row; an array of three dimensions keeps the first as rows.
struct Matrix
{
    std::int64_t rows = 0, columns = 0;
    std::vector<double> value;

    Matrix() = default;
    Matrix(std::int64_t r, std::int64_t c) : rows(r), columns(c), value(static_cast<std::size_t>(r * c)) {}
    double& at(std::int64_t i, std::int64_t j) { return value[static_cast<std::size_t>(i * columns + j)]; }
    double at(std::int64_t i, std::int64_t j) const { return value[static_cast<std::size_t>(i * columns + j)]; }
};

/// Hugging Face's names, without the family's prefix.
using Weights = std::map<std::string, Matrix, std::less<>>;

/// The F32 and F64 tensors of a checkpoint; \p prefix ("bert.") is taken off where a name has it.
Weights read_weights(Safetensors const& file, std::string_view prefix);

/// The weights whose names start with the same words.
class Scope
{
  public:
    explicit Scope(Weights const& all, std::string prefix = {}) : all_(&all), prefix_(std::move(prefix)) {}
    Scope at(std::string const& name) const { return Scope(*all_, prefix_ + name + "."); }
    Scope at(std::int64_t index) const { return at(std::to_string(index)); }
    /// \throws std::out_of_range naming what is missing
    Matrix const& operator[](std::string_view name) const;

  private:
    Weights const* all_;
    std::string prefix_;
};

double activate(Activation activation, double x);
Matrix activate(Activation activation, Matrix x);
Matrix add(Matrix a, Matrix const& b);
Matrix scale(Matrix x, double factor);
/// x W^T + b of "weight" and "bias"; without \p bias: x W^T.
Matrix linear(Matrix const& x, Scope const& weights, bool bias = true);
/// Over each row, with the biased variance.
Matrix layer_norm(Matrix const& x, Scope const& weights, double epsilon);
/// Rows \p index of \p table.
Matrix rows_of(Matrix const& table, std::span<std::int64_t const> index);
/// 0, 1, ... count - 1, each plus \p first.
std::vector<std::int64_t> count_from(std::int64_t first, std::size_t count);
/// Product of rows \p i and \p j in the columns of one head.
double head_product(Matrix const& a, std::int64_t i, Matrix const& b, std::int64_t j, std::int64_t head,
                    std::int64_t width);

/// Finished score of (head, query, key).
using Score = std::function<double(std::int64_t, std::int64_t, std::int64_t)>;
/// softmax(scores) V per head, heads side by side. \p causal: query i sees keys 0..i.
Matrix attend(std::int64_t queries, Matrix const& v, std::int64_t heads, Score const& score, bool causal = false);
/// The usual score: q k / sqrt(dh).
Matrix attend(Matrix const& q, Matrix const& k, Matrix const& v, std::int64_t heads, bool causal = false);

}  // namespace ablatrix::nn::oracle
