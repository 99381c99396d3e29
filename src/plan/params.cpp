#include <ablatrix/plan/params.hpp>

#include <type_traits>
#include <utility>

#include <ablatrix/base/error.hpp>
#include <ablatrix/base/text.hpp>

namespace ablatrix::plan {

namespace {

void append(std::string& out, bool value)
{
    out += value ? "true" : "false";
}
void append(std::string& out, std::int64_t value)
{
    out += std::to_string(value);
}
void append(std::string& out, double value)
{
    out += base::shortest(value == 0 ? 0.0 : value);
}
void append(std::string& out, std::string const& value)
{
    base::append_quoted(out, value);
}

template <typename T>
void append(std::string& out, std::vector<T> const& values)
{
    out += '[';
    for (std::size_t i = 0; i < values.size(); ++i) {
        if (i > 0) out += ',';
        append(out, values[i]);
    }
    out += ']';
}

}  // namespace

Params& Params::put(std::string const& name, Value value)
{
    values_.insert_or_assign(name, std::move(value));
    return *this;
}

template <typename T>
T const& Params::get(std::string_view name) const
{
    auto const found = values_.find(name);
    if (found == values_.end())
        throw ContractError("the stage reads parameter '" + std::string{name} +
                            "', which its task does not declare: " + canonical());
    auto const* const value = std::get_if<T>(&found->second);
    if (value == nullptr)
        throw ContractError("the stage reads parameter '" + std::string{name} +
                            "' as another type than it was set: " + canonical());
    return *value;
}

Params& Params::set_place(std::string const& name, std::string path)
{
    places_.insert_or_assign(name, std::move(path));
    return *this;
}

std::string const& Params::place(std::string_view name) const
{
    auto const found = places_.find(name);
    if (found == places_.end())
        throw ContractError("the stage asks for the place '" + std::string{name} +
                            "', which its task does not name: " + canonical());
    return found->second;
}

template bool const& Params::get<bool>(std::string_view) const;
template std::int64_t const& Params::get<std::int64_t>(std::string_view) const;
template double const& Params::get<double>(std::string_view) const;
template std::string const& Params::get<std::string>(std::string_view) const;
template std::vector<double> const& Params::get<std::vector<double>>(std::string_view) const;
template std::vector<std::string> const& Params::get<std::vector<std::string>>(std::string_view) const;

std::string Params::canonical() const
{
    std::string out = "{";
    for (auto const& [name, value] : values_) {
        if (out.size() > 1) out += ',';
        base::append_quoted(out, name);
        out += ':';
        std::visit([&out](auto const& v) { append(out, v); }, value);
    }
    return out + "}";
}

}  // namespace ablatrix::plan
