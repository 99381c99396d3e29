#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include <nlohmann/json.hpp>

#include <ablatrix/nn/encoder_config.hpp>

namespace ablatrix::nn::detail {

/// The object of a config.json whose values are asked for one by one. An absent key and null mean the same: the
/// default.
class ConfigReader
{
  public:
    /// \throws DataError naming \p file unless \p text is a JSON object
    ConfigReader(std::string_view text, std::string file);

    std::int64_t integer(char const* key, std::int64_t absent, std::int64_t least, std::int64_t most) const;
    double real(char const* key, double absent, double least, double most) const;
    /// Of dropout: a probability that leaves something.
    double rate(char const* key, double absent) const;
    bool flag(char const* key, bool absent) const;
    std::string text(char const* key, std::string const& absent) const;
    Activation activation(char const* key, Activation absent) const;
    /// The value under \p key, or null when it is absent or null.
    nlohmann::json const* find(char const* key) const;

    /// \throws DataError "<key> <problem>. <way_out>"
    [[noreturn]] void refuse(std::string_view key, std::string const& problem, std::string const& way_out) const;
    /// Refuses any value of \p key but \p expected (or none): another would be another architecture.
    void only(char const* key, bool expected, std::string const& what) const;

  private:
    nlohmann::json object_;
    std::string file_;
};

}  // namespace ablatrix::nn::detail
