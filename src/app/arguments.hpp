#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <ablatrix/base/error.hpp>

namespace ablatrix::app {

/// A command line that cannot be understood; exit code 1.
class UsageError : public Error
{
  public:
    using Error::Error;
};

/// What a command was given.
class Arguments
{
  public:
    bool has(std::string const& name) const { return values_.count(name) != 0; }
    /// The single value of \p name, or \p fallback.
    std::string get(std::string const& name, std::string const& fallback = {}) const;
    /// Every value of \p name, in order.
    std::vector<std::string> all(std::string const& name) const;
    bool help_wanted() const { return has("help"); }

  private:
    friend class ArgumentParser;
    std::map<std::string, std::vector<std::string>> values_;
};

/// Declares the arguments of one command, reads them, and writes the help text.
class ArgumentParser
{
  public:
    /// \p usage "ablatrix diff A.h5 B.h5"; \p description and \p examples are shown by --help.
    ArgumentParser(std::string usage, std::string description, std::vector<std::string> examples);
    ~ArgumentParser();
    ArgumentParser(ArgumentParser&&) noexcept;
    ArgumentParser& operator=(ArgumentParser&&) noexcept;

    /// \p names is "name" or "name,n".
    ArgumentParser& flag(std::string const& names, std::string const& help);
    ArgumentParser& value(std::string const& names, std::string const& placeholder, std::string const& help);
    /// May be given several times, one value each.
    ArgumentParser& repeated(std::string const& names, std::string const& placeholder, std::string const& help);
    /// Takes all values up to the next option.
    ArgumentParser& list(std::string const& names, std::string const& placeholder, std::string const& help);
    /// A required argument without a name, in order of declaration.
    ArgumentParser& positional(std::string const& name, std::string const& help);
    ArgumentParser& optional_positional(std::string const& name, std::string const& help);

    /// \throws UsageError for unknown options (with a did-you-mean), missing values or missing arguments
    Arguments parse(std::vector<std::string> const& words) const;
    std::string help() const;

  private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

/// A whole number in [low, high]. \throws UsageError naming the option
long parse_integer(std::string const& option, std::string const& text, long low, long high);
/// A number in [low, high]. \throws UsageError naming the option
double parse_number(std::string const& option, std::string const& text, double low, double high);
/// "10GiB", "500MB", "0". \throws UsageError naming the option
unsigned long long parse_bytes(std::string const& option, std::string const& text);

}  // namespace ablatrix::app
