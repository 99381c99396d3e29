#include "fixture.hpp"

#include <ATen/ATen.h>

#include <cstring>
#include <fstream>
#include <numeric>
#include <stdexcept>

namespace ablatrix::nn::test {
namespace {

std::vector<std::int64_t> numbers(nlohmann::json const& batch, char const* key)
{
    return batch.contains(key) ? batch.at(key).get<std::vector<std::int64_t>>() : std::vector<std::int64_t>{};
}

FixtureBatch read_batch(nlohmann::json const& batch)
{
    FixtureBatch out{{}, numbers(batch, "labels"), numbers(batch, "starts"), numbers(batch, "ends")};
    auto const ids = batch.at("ids").get<std::vector<std::vector<std::int32_t>>>();
    auto const mask = batch.at("mask").get<std::vector<std::vector<int>>>();
    bool const typed = batch.contains("types");
    auto const types = typed ? batch.at("types").get<std::vector<std::vector<std::uint8_t>>>()
                             : std::vector<std::vector<std::uint8_t>>{};
    for (std::size_t i = 0; i < ids.size(); ++i) {
        for (std::size_t t = 0; t < ids[i].size(); ++t) {
            if (mask[i][t] == 0) continue;
            out.rows.id.push_back(ids[i][t]);
            out.rows.type.push_back(typed ? types[i][t] : std::uint8_t{0});
        }
        out.rows.row_begin.push_back(static_cast<std::int64_t>(out.rows.id.size()));
        out.rows.truncated.push_back(0);
    }
    return out;
}

}  // namespace

std::filesystem::path fixture_folder(std::string const& name)
{
    return std::filesystem::path(ABLATRIX_SOURCE_DIR) / "tests/parity/models" / name;
}

detail::Batch FixtureBatch::all() const
{
    return range(0, rows.rows());
}

detail::Batch FixtureBatch::range(std::size_t begin, std::size_t end) const
{
    std::vector<std::size_t> which(end - begin);
    std::iota(which.begin(), which.end(), begin);
    return detail::make_batch(rows, which, at::kCPU);
}

Fixture::Fixture(std::string const& name)
    : folder(fixture_folder(name)), expected_(Safetensors::open(folder / "expected.safetensors"))
{
    std::ifstream in(folder / "cases.json");
    cases = nlohmann::json::parse(in);
    if (!cases.contains("batches")) return;
    for (auto const& [key, batch] : cases.at("batches").items())
        batches.emplace(key, read_batch(batch));
}

bool Fixture::has(std::string const& tensor) const
{
    return expected_.tensors().contains(tensor);
}

at::Tensor Fixture::expected(std::string const& tensor) const
{
    auto const found = expected_.tensors().find(tensor);
    if (found == expected_.tensors().end()) throw std::out_of_range("no tensor " + tensor + " in " + folder.string());
    return tensor_of(found->second);
}

at::Tensor tensor_of(TensorView const& view)
{
    auto out = at::empty(view.shape, at::kFloat);
    if (view.type != DType::f32 || out.nbytes() != view.bytes.size()) throw std::runtime_error("not float32");
    if (!view.bytes.empty()) std::memcpy(out.data_ptr(), view.bytes.data(), view.bytes.size());
    return out;
}

double away(at::Tensor const& found, at::Tensor const& expected)
{
    if (found.sizes() != expected.sizes()) throw std::runtime_error("sizes differ");
    if (found.numel() == 0) return 0;
    auto const difference = (found.detach().to(at::kDouble) - expected.to(at::kDouble)).abs();
    return difference.masked_fill(expected.isnan(), 0).max().item<double>();
}

}  // namespace ablatrix::nn::test
