#pragma once

#include <cstddef>
#include <stdexcept>
#include <string>
#include <string_view>

/// \file
/// Contracts guard against programmers' mistakes, validation guards against the outside world.
///
/// A message reads "problem (place or reason). Way out": `unknown key 'sead' (sweep.yaml:14:3). Did you mean 'seed'?`

namespace ablatrix {

/// Anything a user or the environment caused: the message is meant for them.
class Error : public std::runtime_error
{
  public:
    using std::runtime_error::runtime_error;
};

/// Bad input data, with the file and the row (1-based line of the file; 0 when no single row is to blame).
class DataError : public Error
{
  public:
    DataError(std::string file, std::size_t row, std::string const& problem);
    std::string const& file() const noexcept { return file_; }
    std::size_t row() const noexcept { return row_; }
    /// The same error, with " [context]" at the end of its message.
    DataError in(std::string const& context) const;

  private:
    struct Verbatim
    {};
    DataError(Verbatim, std::string const& text, std::string file, std::size_t row);

    std::string file_;
    std::size_t row_;
};

/// A broken contract: a bug in this program.
class ContractError : public std::logic_error
{
  public:
    using std::logic_error::logic_error;
};

namespace detail {
[[noreturn]] void fail_contract(char const* kind, char const* condition, char const* file, int line);
[[noreturn]] void fail_validation(std::string const& message);
}  // namespace detail

}  // namespace ablatrix

/// Always checked: input, files, environment. \p message may be any expression that converts to std::string.
#define ABLATRIX_VALIDATE(condition, message)                           \
    do {                                                                \
        if (!(condition)) ::ablatrix::detail::fail_validation(message); \
    } while (false)

/// Checked in every build: cheap preconditions of our own functions.
#define ABLATRIX_EXPECT(condition)                                                                           \
    do {                                                                                                     \
        if (!(condition)) ::ablatrix::detail::fail_contract("precondition", #condition, __FILE__, __LINE__); \
    } while (false)

/// Like ABLATRIX_EXPECT, for states in the middle of a function.
#define ABLATRIX_ASSERT(condition)                                                                        \
    do {                                                                                                  \
        if (!(condition)) ::ablatrix::detail::fail_contract("assertion", #condition, __FILE__, __LINE__); \
    } while (false)
