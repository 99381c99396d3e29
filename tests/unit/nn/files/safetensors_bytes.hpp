#pragma once

#include <cstdint>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <functional>
#include <iterator>
#include <span>
#include <string>
#include <string_view>

#include <ablatrix/base/error.hpp>

/// \file
/// Safetensors files by hand.

namespace ablatrix::nn {

/// A whole file: length of \p header, \p header, \p data.
inline std::string file_of(std::string_view header, std::string_view data)
{
    std::uint64_t const length = header.size();
    std::string out(sizeof length, '\0');
    std::memcpy(out.data(), &length, sizeof length);
    return out.append(header).append(data);
}

inline std::span<std::byte const> bytes_of(std::string const& text)
{
    return std::as_bytes(std::span{text.data(), text.size()});
}

inline void write_file(std::filesystem::path const& file, std::string_view text)
{
    std::ofstream(file, std::ios::binary) << text;
}

inline std::string read_file(std::filesystem::path const& file)
{
    std::ifstream stream(file, std::ios::binary);
    return {std::istreambuf_iterator<char>(stream), {}};
}

/// What \p body complains about.
inline std::string message_of(std::function<void()> const& body)
{
    try {
        body();
    }
    catch (Error const& error) {
        return error.what();
    }
    return "no error";
}

}  // namespace ablatrix::nn
