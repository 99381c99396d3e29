#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace ablatrix::text {

/// Which text gives tokens away when a row is longer than allowed.
enum class Truncation
{
    longest_first,
    only_first,
    only_second
};
enum class Side
{
    right,
    left
};

struct EncodeOptions
{
    bool add_special_tokens = true;
    int max_length = 0;  ///< tokens of a row, special ones included; 0: no limit
    Truncation truncation = Truncation::longest_first;
    Side truncation_side = Side::right;
    bool offsets = false;  ///< also fill TokenRows::sequence and TokenRows::offset
    int threads = 1;       ///< the result does not depend on it
};

/// Half-open byte range of the original UTF-8 text. Special tokens have {0, 0}.
struct Offset
{
    std::uint32_t begin = 0;
    std::uint32_t end = 0;
    bool operator==(Offset const&) const = default;
};

/// Rows of tokens without padding: row i holds entries [row_begin[i], row_begin[i + 1]) of every array.
struct TokenRows
{
    std::vector<std::int64_t> row_begin{0};
    std::vector<std::int32_t> id;
    std::vector<std::uint8_t> type;       ///< token type id (segment)
    std::vector<std::int8_t> sequence;    ///< with offsets: 0 first text, 1 second, -1 special token
    std::vector<Offset> offset;           ///< with offsets: where the token stands in its text, bytes
    std::vector<std::uint8_t> truncated;  ///< per row: 1 when max_length cut something off
    std::size_t rows() const noexcept { return row_begin.size() - 1; }
    std::span<std::int32_t const> ids(std::size_t row) const;
};

/// A Hugging Face tokenizer, read from its own files; gives the ids and offsets that the `tokenizers` library gives.
///
/// Immutable after loading; may be used from several threads at once. Invalid UTF-8 in a text is replaced by U+FFFD.
class Tokenizer
{
  public:
    /// \p folder holds tokenizer.json, or the files of older checkpoints: vocab.txt; vocab.json and merges.txt;
    /// spm.model. Truncation and padding blocks of tokenizer.json are ignored: callers say what they want.
    /// \throws DataError naming the file, the place and what is not understood
    static Tokenizer load(std::filesystem::path const& folder);
    /// The same from the bytes of a tokenizer.json; \p file_name stands in messages.
    static Tokenizer parse(std::string_view json, std::string const& file_name);

    /// \throws Error if max_length has no room for the special tokens, or truncation cannot do what is asked
    TokenRows encode(std::span<std::string const> texts, EncodeOptions const& options = {}) const;
    /// Row i is made of \p first[i] and \p second[i]. \throws ContractError for different sizes
    TokenRows encode_pairs(std::span<std::string const> first, std::span<std::string const> second,
                           EncodeOptions const& options = {}) const;
    std::string decode(std::span<std::int32_t const> ids, bool skip_special_tokens = true) const;

    /// One more than the largest id, added tokens included.
    std::int32_t vocabulary_size() const;
    std::optional<std::int32_t> id_of(std::string_view token) const;
    /// As files spell it: byte-level tokens in their printable alphabet. \throws Error for an id without a token
    std::string token_of(std::int32_t id) const;
    /// "WordPiece", "BPE" or "Unigram"
    std::string model_name() const;

    class Model;  // src/text/detail
    explicit Tokenizer(std::shared_ptr<Model const> model);

  private:
    std::shared_ptr<Model const> model_;
};

}  // namespace ablatrix::text
