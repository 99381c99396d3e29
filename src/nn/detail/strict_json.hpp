#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include <nlohmann/json.hpp>

#include <ablatrix/base/error.hpp>

namespace ablatrix::nn::detail {

/// A stranger's text for a message: in quotes, escaped and no longer than a line.
std::string shown(std::string_view text);

/// Reads JSON piece by piece into a fixed form, without building a tree of what a stranger wrote. Whatever a derived
/// class does not take is refused.
class StrictJsonReader : public nlohmann::json_sax<nlohmann::json>
{
  public:
    /// \throws DataError naming \p file_ for text that is not one JSON value or not of the form
    void read(std::string_view text)
    {
        // The parser takes NUL for the end of the text, and would not see what follows.
        std::size_t const nul = text.find('\0');
        if (nul != std::string_view::npos) refuse("has a NUL byte at byte " + std::to_string(nul));
        nlohmann::json::sax_parse(text.begin(), text.end(), this);
    }

    bool null() override { refuse("has null where it may not stand" + place()); }
    bool boolean(bool) override { refuse("has true or false where it may not stand" + place()); }
    bool number_integer(std::int64_t) override { refuse("has a negative number" + place()); }
    bool number_unsigned(std::uint64_t) override { refuse("has a number where it may not stand" + place()); }
    bool number_float(double, std::string const&) override
    {
        refuse("has a number that is not a whole one below 2^64" + place());
    }
    bool string(std::string&) override { refuse("has a text where it may not stand" + place()); }
    bool binary(nlohmann::json::binary_t&) override { refuse("has binary data" + place()); }
    bool start_array(std::size_t) override { refuse("has a list where it may not stand" + place()); }
    bool end_array() override { return true; }
    bool parse_error(std::size_t position, std::string const&, nlohmann::json::exception const&) override
    {
        refuse("is not valid JSON at byte " + std::to_string(position));
    }

  protected:
    StrictJsonReader(std::string file, std::string what) : file_(std::move(file)), what_(std::move(what)) {}

    [[noreturn]] void refuse(std::string const& problem) const
    {
        throw DataError(file_, 0, what_ + " " + problem + ". The file is damaged or no such file: fetch it again");
    }
    /// " (in tensor 'x')" or "".
    virtual std::string place() const { return {}; }

  private:
    std::string file_;
    std::string what_;
};

}  // namespace ablatrix::nn::detail
