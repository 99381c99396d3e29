#include <ablatrix/base/bundle.hpp>

#include <algorithm>
#include <cstring>
#include <limits>
#include <optional>
#include <type_traits>

#include <ablatrix/base/error.hpp>

/// \file
/// Bytes of a bundle, little-endian, no padding:
///
///     "ABLB" | u32 version | u64 number of arrays | arrays, names strictly increasing
///     array: u64 name length | name | u8 element type (index in Values) | u64 rank | i64 per dimension | elements
///     string element: u64 length | bytes

namespace ablatrix::base {

namespace {

constexpr char magic[4] = {'A', 'B', 'L', 'B'};
constexpr std::uint32_t format_version = 1;
constexpr std::uint64_t highest_rank = 32;

char const* const type_names[] = {"float", "double", "int32", "int64", "uint8", "string"};
static_assert(std::size(type_names) == std::variant_size_v<Bundle::Values>);

/// Number of elements of \p shape, or nothing when a dimension is negative or the product overflows.
std::optional<std::uint64_t> element_count(Bundle::Shape const& shape)
{
    if (std::ranges::any_of(shape, [](std::int64_t n) { return n < 0; })) return std::nullopt;
    if (std::ranges::find(shape, 0) != shape.end()) return 0;
    std::uint64_t count = 1;
    for (std::int64_t const n : shape) {
        auto const size = static_cast<std::uint64_t>(n);
        if (count > std::numeric_limits<std::uint64_t>::max() / size) return std::nullopt;
        count *= size;
    }
    return count;
}

std::string shape_text(Bundle::Shape const& shape)
{
    std::string out = "[";
    for (std::size_t i = 0; i < shape.size(); ++i)
        out += (i > 0 ? " x " : "") + std::to_string(shape[i]);
    return out + "]";
}

std::size_t value_count(Bundle::Values const& values)
{
    return std::visit([](auto const& v) { return v.size(); }, values);
}

class Writer
{
  public:
    void bytes(void const* data, std::size_t size)
    {
        auto const* first = static_cast<std::byte const*>(data);
        out_.insert(out_.end(), first, first + size);
    }
    template <typename T>
    void number(T value)
    {
        bytes(&value, sizeof value);
    }
    void text(std::string const& value)
    {
        number<std::uint64_t>(value.size());
        bytes(value.data(), value.size());
    }
    template <typename T>
    void values(std::vector<T> const& items)
    {
        if constexpr (std::is_same_v<T, std::string>) {
            for (std::string const& item : items)
                text(item);
        }
        else {
            bytes(items.data(), items.size() * sizeof(T));
        }
    }
    void array(std::string const& name, Bundle::Array const& array)
    {
        text(name);
        number(static_cast<std::uint8_t>(array.values.index()));
        number<std::uint64_t>(array.shape.size());
        for (std::int64_t const n : array.shape)
            number(n);
        std::visit([this](auto const& items) { values(items); }, array.values);
    }
    void reserve(std::size_t size) { out_.reserve(size); }
    std::vector<std::byte> take() { return std::move(out_); }

  private:
    std::vector<std::byte> out_;
};

/// Reads nothing that is not there, and allocates nothing before the bytes for it have been seen.
class ByteReader
{
  public:
    explicit ByteReader(std::span<std::byte const> bytes) : rest_(bytes) {}

    std::span<std::byte const> bytes(std::uint64_t size)
    {
        ABLATRIX_VALIDATE(size <= rest_.size(), "not a whole bundle: it ends too early. Make it again");
        auto const out = rest_.first(static_cast<std::size_t>(size));
        rest_ = rest_.subspan(out.size());
        return out;
    }
    template <typename T>
    T number()
    {
        T value;
        std::memcpy(&value, bytes(sizeof value).data(), sizeof value);
        return value;
    }
    std::string text()
    {
        auto const content = bytes(number<std::uint64_t>());
        return {reinterpret_cast<char const*>(content.data()), content.size()};
    }
    template <typename T>
    std::vector<T> values(std::uint64_t count)
    {
        std::size_t const least = std::is_same_v<T, std::string> ? sizeof(std::uint64_t) : sizeof(T);
        ABLATRIX_VALIDATE(count <= rest_.size() / least, "not a whole bundle: it ends too early. Make it again");
        std::vector<T> out;
        if constexpr (std::is_same_v<T, std::string>) {
            for (std::uint64_t i = 0; i < count; ++i)
                out.push_back(text());
        }
        else if (count > 0) {
            out.resize(static_cast<std::size_t>(count));
            std::memcpy(out.data(), bytes(count * sizeof(T)).data(), out.size() * sizeof(T));
        }
        return out;
    }
    bool empty() const { return rest_.empty(); }

  private:
    std::span<std::byte const> rest_;
};

template <std::size_t I = 0>
Bundle::Values read_values(ByteReader& reader, std::uint8_t type, std::uint64_t count)
{
    if constexpr (I == std::variant_size_v<Bundle::Values>) {
        throw Error("damaged bundle: unknown element type " + std::to_string(type) + ". Make it again");
    }
    else {
        if (type != I) return read_values<I + 1>(reader, type, count);
        using Element = typename std::variant_alternative_t<I, Bundle::Values>::value_type;
        return reader.values<Element>(count);
    }
}

Bundle::Array read_array(ByteReader& reader)
{
    auto const type = reader.number<std::uint8_t>();
    auto const rank = reader.number<std::uint64_t>();
    ABLATRIX_VALIDATE(rank >= 1 && rank <= highest_rank, "damaged bundle: an array of rank " + std::to_string(rank));
    Bundle::Array out;
    for (std::uint64_t i = 0; i < rank; ++i)
        out.shape.push_back(reader.number<std::int64_t>());
    auto const count = element_count(out.shape);
    ABLATRIX_VALIDATE(count, "damaged bundle: impossible shape " + shape_text(out.shape) + ". Make it again");
    out.values = read_values(reader, type, *count);
    return out;
}

}  // namespace

void Bundle::put_array(std::string const& name, Array array)
{
    auto const count = element_count(array.shape);
    if (!count || *count != value_count(array.values) || array.shape.size() > highest_rank) {
        throw ContractError("array '" + name + "' has " + std::to_string(value_count(array.values)) +
                            " values, which do not fill the shape " + shape_text(array.shape));
    }
    arrays_.insert_or_assign(name, std::move(array));
}

Bundle::Array const& Bundle::array(std::string_view name) const
{
    auto const found = arrays_.find(name);
    if (found != arrays_.end()) return found->second;
    std::string names;
    for (auto const& [key, value] : arrays_)
        names += (names.empty() ? "" : ", ") + key;
    throw Error("no array '" + std::string{name} +
                "' in this bundle. It holds: " + (names.empty() ? "nothing" : names));
}

void Bundle::fail_type(std::string_view name) const
{
    throw Error("array '" + std::string{name} + "' was read as another type. It holds " +
                type_names[array(name).values.index()] + " values");
}

double Bundle::scalar(std::string_view name) const
{
    auto const values = get<double>(name);
    ABLATRIX_VALIDATE(values.size() == 1, "array '" + std::string{name} + "' has " + std::to_string(values.size()) +
                                              " values, read as one number. Read it as an array");
    return values.front();
}

std::size_t Bundle::memory_bytes() const
{
    std::size_t total = 0;
    for (auto const& [name, array] : arrays_) {
        total += name.size() + array.shape.size() * sizeof(std::int64_t) + sizeof(Array);
        std::visit(
            [&total](auto const& values) {
                total += values.size() * sizeof(values[0]);
                if constexpr (std::is_same_v<std::decay_t<decltype(values[0])>, std::string>) {
                    for (std::string const& text : values)
                        total += text.size();
                }
            },
            array.values);
    }
    return total;
}

std::vector<std::byte> Bundle::serialise() const
{
    Writer writer;
    writer.reserve(memory_bytes() + 64);
    writer.bytes(magic, sizeof magic);
    writer.number(format_version);
    writer.number<std::uint64_t>(arrays_.size());
    for (auto const& [name, array] : arrays_)
        writer.array(name, array);
    return writer.take();
}

Bundle Bundle::parse(std::span<std::byte const> bytes)
{
    ByteReader reader(bytes);
    ABLATRIX_VALIDATE(std::memcmp(reader.bytes(sizeof magic).data(), magic, sizeof magic) == 0,
                      "not a bundle: it does not start with ABLB");
    auto const version = reader.number<std::uint32_t>();
    ABLATRIX_VALIDATE(version == format_version, "a bundle of format version " + std::to_string(version) +
                                                     ", this program reads version " + std::to_string(format_version));
    auto const count = reader.number<std::uint64_t>();
    Bundle out;
    for (std::uint64_t i = 0; i < count; ++i) {
        std::string name = reader.text();
        bool const in_order = out.arrays_.empty() || out.arrays_.rbegin()->first < name;
        ABLATRIX_VALIDATE(in_order, "damaged bundle: array names are out of order. Make it again");
        out.arrays_.emplace_hint(out.arrays_.end(), std::move(name), read_array(reader));
    }
    ABLATRIX_VALIDATE(reader.empty(), "damaged bundle: bytes are left over at its end. Make it again");
    return out;
}

}  // namespace ablatrix::base
