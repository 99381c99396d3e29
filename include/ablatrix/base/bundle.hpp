#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace ablatrix::base {

/// Named arrays with shapes: what every stage reads and writes, and what an artifact file holds.
///
/// Row-major. Element types: float, double, int32, int64, uint8, string. Names are unique and sorted, so equal
/// contents serialise to equal bytes.
class Bundle
{
  public:
    using Shape = std::vector<std::int64_t>;
    using Values = std::variant<std::vector<float>, std::vector<double>, std::vector<std::int32_t>,
                                std::vector<std::int64_t>, std::vector<std::uint8_t>, std::vector<std::string>>;
    struct Array
    {
        Shape shape;
        Values values;
        bool operator==(Array const&) const = default;
    };

    /// Store \p values under \p name as a vector, or with \p shape when given. Replaces an array of that name.
    /// \throws ContractError when the shape does not match the number of values
    template <typename T>
    void put(std::string const& name, std::vector<T> values, Shape shape = {})
    {
        if (shape.empty()) shape = {static_cast<std::int64_t>(values.size())};
        put_array(name, Array{std::move(shape), Values{std::move(values)}});
    }
    void put_scalar(std::string const& name, double value) { put(name, std::vector<double>{value}); }

    /// The values under \p name. \throws Error naming what is there when the name or the type is wrong
    template <typename T>
    std::span<T const> get(std::string_view name) const
    {
        auto const* values = std::get_if<std::vector<T>>(&array(name).values);
        if (values == nullptr) fail_type(name);
        return *values;
    }
    /// The only value of a double array. \throws Error when there are more or fewer
    double scalar(std::string_view name) const;
    Shape const& shape(std::string_view name) const { return array(name).shape; }
    bool contains(std::string_view name) const { return arrays_.find(name) != arrays_.end(); }
    std::map<std::string, Array, std::less<>> const& arrays() const noexcept { return arrays_; }
    /// Approximate bytes held in memory.
    std::size_t memory_bytes() const;

    std::vector<std::byte> serialise() const;
    /// Total: any bytes give a Bundle or an Error, never a crash or an allocation beyond the input's size.
    static Bundle parse(std::span<std::byte const> bytes);

    bool operator==(Bundle const&) const = default;

  private:
    void put_array(std::string const& name, Array array);
    Array const& array(std::string_view name) const;
    [[noreturn]] void fail_type(std::string_view name) const;

    std::map<std::string, Array, std::less<>> arrays_;
};

}  // namespace ablatrix::base
