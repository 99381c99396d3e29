#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include <ablatrix/nn/safetensors.hpp>

namespace ablatrix::nn::detail {

/// One tensor as the header tells it: bytes [begin, end) of the data that follows the header.
struct HeaderEntry
{
    DType type = DType::f32;
    std::vector<std::int64_t> shape;
    std::uint64_t begin = 0;
    std::uint64_t end = 0;
};

struct SafetensorsHeader
{
    std::map<std::string, HeaderEntry, std::less<>> entries;
    std::map<std::string, std::string> metadata;
};

/// The JSON of a safetensors file, checked for form, types, sizes, and that the tensors tile \p data_bytes exactly.
/// \throws DataError naming \p file_name and the tensor
SafetensorsHeader parse_safetensors_header(std::string_view json, std::uint64_t data_bytes,
                                           std::string const& file_name);

/// weight_map of model.safetensors.index.json: tensor -> file beside the index.
/// \throws DataError for another form, and for files that are not plain names ending in .safetensors
std::map<std::string, std::string> parse_shard_index(std::string_view json, std::string const& file_name);

/// Longest JSON that is read, as the format's own library has it.
inline constexpr std::uint64_t longest_safetensors_header = 100'000'000;

}  // namespace ablatrix::nn::detail
