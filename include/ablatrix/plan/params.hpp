#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace ablatrix::plan {

/// Declared parameters of a stage. Only their values (and the inputs) may influence its output, because only these enter
/// its fingerprint.
class Params
{
  public:
    using Value = std::variant<bool, std::int64_t, double, std::string, std::vector<double>, std::vector<std::string>>;

    Params& set(std::string const& name, bool value) { return put(name, Value{value}); }
    Params& set(std::string const& name, int value) { return put(name, Value{std::int64_t{value}}); }
    Params& set(std::string const& name, std::int64_t value) { return put(name, Value{value}); }
    Params& set(std::string const& name, double value) { return put(name, Value{value}); }
    Params& set(std::string const& name, char const* value) { return put(name, Value{std::string{value}}); }
    Params& set(std::string const& name, std::string value) { return put(name, Value{std::move(value)}); }
    Params& set(std::string const& name, std::vector<double> value) { return put(name, Value{std::move(value)}); }
    Params& set(std::string const& name, std::vector<std::string> value) { return put(name, Value{std::move(value)}); }

    /// Where something lies on this machine whose content another parameter names (a checkpoint's folder beside its
    /// hash). A place travels with the task, but is no part of canonical() and hence of no fingerprint.
    Params& set_place(std::string const& name, std::string path);
    /// \throws ContractError when no place of that name was set
    std::string const& place(std::string_view name) const;
    std::map<std::string, std::string, std::less<>> const& places() const noexcept { return places_; }

    /// T is one of the alternatives of Value. \throws ContractError naming the parameter when absent or of another type
    template <typename T>
    T const& get(std::string_view name) const;
    int get_int(std::string_view name) const { return static_cast<int>(get<std::int64_t>(name)); }
    bool contains(std::string_view name) const { return values_.find(name) != values_.end(); }
    std::map<std::string, Value, std::less<>> const& values() const noexcept { return values_; }

    /// One line, keys sorted, doubles as shortest round trip: {"k":15,"tau":0.07}
    std::string canonical() const;

  private:
    Params& put(std::string const& name, Value value);
    std::map<std::string, Value, std::less<>> values_;
    std::map<std::string, std::string, std::less<>> places_;
};

}  // namespace ablatrix::plan
