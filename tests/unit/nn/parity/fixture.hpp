#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include <ablatrix/nn/safetensors.hpp>
#include <ablatrix/text/tokenizer.hpp>

#include "detail/batch.hpp"

/// \file
/// What tests/parity/make_model_fixtures.py and make_text_fixtures.py wrote: a model in Hugging Face's layout with what
/// transformers computed from it (cases.json, expected.safetensors).

namespace ablatrix::nn::test {

/// tests/parity/models/<name>
std::filesystem::path fixture_folder(std::string const& name);

/// A padded batch of cases.json as rows without padding, with what was asked of them.
struct FixtureBatch
{
    text::TokenRows rows;
    std::vector<std::int64_t> labels;
    std::vector<std::int64_t> starts, ends;  ///< span QA: token places

    detail::Batch all() const;
    detail::Batch range(std::size_t begin, std::size_t end) const;
};

struct Fixture
{
    explicit Fixture(std::string const& name);

    bool has(std::string const& tensor) const;
    at::Tensor expected(std::string const& tensor) const;  ///< float32; throws for a name that is not there
    FixtureBatch const& batch(std::string const& name) const { return batches.at(name); }

    std::filesystem::path folder;
    nlohmann::json cases;
    std::map<std::string, FixtureBatch> batches;

  private:
    Safetensors expected_;
};

/// The values of \p view (float32) in storage of their own.
at::Tensor tensor_of(TensorView const& view);

/// Largest absolute difference, entries where \p expected is NaN left out. Sizes must agree.
double away(at::Tensor const& found, at::Tensor const& expected);

}  // namespace ablatrix::nn::test
