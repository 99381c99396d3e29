#include <ablatrix/base/error.hpp>

#include <string>
#include <utility>

namespace ablatrix {

namespace {

std::string data_message(std::string const& file, std::size_t row, std::string const& problem)
{
    return row == 0 ? file + ": " + problem : file + ":" + std::to_string(row) + ": " + problem;
}

}  // namespace

DataError::DataError(std::string file, std::size_t row, std::string const& problem)
    : Error(data_message(file, row, problem)), file_(std::move(file)), row_(row)
{}

DataError::DataError(Verbatim, std::string const& text, std::string file, std::size_t row)
    : Error(text), file_(std::move(file)), row_(row)
{}

DataError DataError::in(std::string const& context) const
{
    return {Verbatim{}, std::string{what()} + " [" + context + "]", file_, row_};
}

namespace detail {

void fail_contract(char const* kind, char const* condition, char const* file, int line)
{
    throw ContractError(std::string{kind} + " does not hold: " + condition + " (" + file + ":" + std::to_string(line) +
                        "). This is a bug in ablatrix, please report it");
}

void fail_validation(std::string const& message)
{
    throw Error(message);
}

}  // namespace detail

}  // namespace ablatrix
