#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <iterator>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <ablatrix/base/random.hpp>

/// \file
/// Seeded damage to valid inputs, so that ordinary test runs visit what a fuzzer would visit first.
///
///     auto const seeds = std::vector<std::string>{"a: 1\n", "b: [1, 2]\n"};
///     fuzz::for_each_mutation(
///         seeds, 3000, "my-parser", [](std::string const& input) { my_entry(input); },
///         [](std::uint64_t number, std::string const& input) { ADD_FAILURE() << number << ": " << input; });
///
/// The entry function must swallow ablatrix::Error (a polite refusal) and let everything else out: another exception, a
/// crash or a sanitizer's report is a finding.

namespace ablatrix::fuzz {

/// Changes text byte by byte and piece by piece; equal seeds give equal mutations.
class Mutator
{
  public:
    explicit Mutator(std::string_view purpose, std::uint64_t index) : stream_(20240501, purpose, index) {}

    /// One to eight changes to one of \p seeds.
    std::string mutate(std::span<std::string const> seeds)
    {
        std::string out = pick(seeds);
        std::uint64_t const changes = 1 + stream_.below(8);
        for (std::uint64_t i = 0; i < changes; ++i)
            change(out, seeds);
        return out;
    }

  private:
    std::string const& pick(std::span<std::string const> seeds) { return seeds[stream_.below(seeds.size())]; }
    /// A place in \p text, its end included.
    std::size_t place(std::string const& text) { return stream_.below(text.size() + 1); }
    char any_byte() { return static_cast<char>(stream_.below(256)); }

    void change(std::string& text, std::span<std::string const> seeds)
    {
        std::size_t const at = place(text);
        std::size_t const length = std::min(text.size() - at, static_cast<std::size_t>(1 + stream_.below(16)));
        switch (stream_.below(8)) {
            case 0:
                flip_bit(text, at);
                break;
            case 1:
                text.insert(at, 1, any_byte());
                break;
            case 2:
                text.erase(at, length);
                break;
            case 3:
                text.insert(place(text), text.substr(at, length));
                break;
            case 4:
                text.insert(at, token());
                break;
            case 5:
                splice(text, at, pick(seeds));
                break;
            case 6:
                overwrite_number(text, at);
                break;
            default:
                text.resize(at);
                break;
        }
    }

    void flip_bit(std::string& text, std::size_t at)
    {
        if (at < text.size()) text[at] = static_cast<char>(text[at] ^ (1 << stream_.below(8)));
    }

    /// The head of \p text, then the tail of \p other.
    void splice(std::string& text, std::size_t at, std::string const& other)
    {
        std::string const tail = other.substr(place(other));
        text = text.substr(0, at) + tail;
    }

    /// Lengths and counts in binary formats: 1, 2, 4 or 8 bytes of an extreme number.
    void overwrite_number(std::string& text, std::size_t at)
    {
        constexpr std::uint64_t numbers[] = {
            0, 1, 0x7f, 0xff, 0x7fffffff, 0xffffffff, 0x7fffffffffffffff, ~std::uint64_t{0}};
        std::uint64_t number = numbers[stream_.below(std::size(numbers))];
        std::size_t const bytes = std::size_t{1} << stream_.below(4);
        for (std::size_t i = 0; i < bytes && at + i < text.size(); ++i, number >>= 8U)
            text[at + i] = static_cast<char>(number & 0xffU);
    }

    /// Pieces that mean something to parsers of text.
    std::string token()
    {
        static std::string const tokens[] = {"\n",
                                             "\r\n",
                                             "\t",
                                             " ",
                                             ": ",
                                             "- ",
                                             "? ",
                                             "[",
                                             "]",
                                             "{",
                                             "}",
                                             ",",
                                             "\"",
                                             "'",
                                             "#",
                                             "&a ",
                                             "*a",
                                             "!!",
                                             "|\n",
                                             ">",
                                             "%",
                                             "@",
                                             "---",
                                             "...",
                                             "~",
                                             "null",
                                             "1e999",
                                             "-0",
                                             "\\",
                                             "\\u",
                                             ".",
                                             "=",
                                             "<<",
                                             "\xef\xbb\xbf",
                                             "\xff",
                                             "\xc3",
                                             std::string(1, '\0'),
                                             "9999999999999999999"};
        return tokens[stream_.below(std::size(tokens))];
    }

    base::Stream stream_;
};

/// Call \p entry with \p count mutations of \p seeds; \p purpose separates the random numbers of different tests.
/// \p failed is told the number of the input at which an exception left \p entry, which is then rethrown.
inline void for_each_mutation(std::span<std::string const> seeds, std::uint64_t count, std::string_view purpose,
                              std::function<void(std::string const&)> const& entry,
                              std::function<void(std::uint64_t, std::string const&)> const& failed)
{
    for (std::uint64_t i = 0; i < count; ++i) {
        std::string const input = Mutator(purpose, i).mutate(seeds);
        try {
            entry(input);
        }
        catch (...) {
            failed(i, input);
            throw;
        }
    }
}

}  // namespace ablatrix::fuzz
