#include "matrix_file.hpp"

#include <bit>
#include <cerrno>
#include <charconv>
#include <cstddef>
#include <cstring>
#include <fstream>
#include <system_error>

#include <unistd.h>

#include <ablatrix/base/error.hpp>

namespace ablatrix::app {
namespace {

static_assert(std::endian::native == std::endian::little, "the header below says little-endian");

/// Magic, version 1.0, length of the description, the description padded so that data begins at a multiple of 64:
/// https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html
std::string npy_header(std::size_t rows, std::int64_t columns)
{
    std::string description = "{'descr': '<f4', 'fortran_order': False, 'shape': (" + std::to_string(rows) + ", " +
                              std::to_string(columns) + "), }";
    constexpr std::size_t prefix = 10;
    while ((prefix + description.size() + 1) % 64 != 0)
        description += ' ';
    description += '\n';
    std::string header{"\x93NUMPY\x01\x00", 8};
    header += static_cast<char>(description.size() & 0xFF);
    header += static_cast<char>(description.size() >> 8);
    return header + description;
}

std::string as_text(std::span<float const> values, std::size_t columns, char separator)
{
    std::string out;
    for (std::size_t c = 0; c < columns; ++c)
        out += (c == 0 ? "d" : separator + std::string{"d"}) + std::to_string(c);
    out += '\n';
    char number[32];
    for (std::size_t i = 0; i < values.size(); ++i) {
        auto const end = std::to_chars(number, number + sizeof number, values[i]).ptr;
        out.append(number, end);
        out += (i + 1) % columns == 0 ? '\n' : separator;
    }
    return out;
}

}  // namespace

bool is_matrix_file(std::filesystem::path const& file)
{
    auto const suffix = file.extension();
    return suffix == ".npy" || suffix == ".csv" || suffix == ".tsv";
}

void write_matrix(std::filesystem::path const& file, std::span<float const> values, std::int64_t columns)
{
    ABLATRIX_EXPECT(is_matrix_file(file) && columns > 0);
    auto const width = static_cast<std::size_t>(columns);
    if (file.extension() != ".npy") {
        write_whole_file(file, as_text(values, width, file.extension() == ".csv" ? ',' : '\t'));
        return;
    }
    auto bytes = npy_header(values.size() / width, columns);
    auto const begin = bytes.size();
    bytes.resize(begin + values.size_bytes());
    if (!values.empty()) std::memcpy(bytes.data() + begin, values.data(), values.size_bytes());
    write_whole_file(file, bytes);
}

void write_whole_file(std::filesystem::path const& file, std::string const& text)
{
    auto temporary = file;
    temporary += ".partial-" + std::to_string(::getpid());
    errno = 0;
    std::ofstream out(temporary, std::ios::binary);
    out.write(text.data(), static_cast<std::streamsize>(text.size()));
    out.close();
    std::error_code error;
    if (out) std::filesystem::rename(temporary, file, error);
    if (out && !error) return;
    std::string const reason = error ? error.message() : std::strerror(errno);
    std::filesystem::remove(temporary, error);
    throw Error("cannot write '" + file.string() + "' (" + reason + "). Does the folder exist, and is there space?");
}

}  // namespace ablatrix::app
