#include "detail/spm_model.hpp"

#include <bit>
#include <cmath>
#include <cstddef>

#include <ablatrix/base/error.hpp>

#include "detail/utf8.hpp"
#include "detail/vocabulary.hpp"

namespace ablatrix::text::detail {

namespace {

/// The fields of a message in protobuf's wire format, one after the other.
class Fields
{
  public:
    Fields(std::string_view bytes, std::string const& file) : rest_(bytes), file_(file) {}

    /// Go to the next field; false behind the last.
    bool next()
    {
        if (rest_.empty()) return false;
        std::uint64_t const tag = varint();
        field_ = tag >> 3U;
        number_ = 0;
        bytes_ = {};
        switch (tag & 7U) {
            case 0:
                number_ = varint();
                return true;
            case 1:
                bytes_ = take(8);
                return true;
            case 2:
                bytes_ = take(varint());
                return true;
            case 5:
                bytes_ = take(4);
                return true;
            default:
                fail();
        }
    }
    std::uint64_t field() const { return field_; }
    std::uint64_t number() const { return number_; }
    bool flag() const { return number_ != 0; }
    std::string_view bytes() const { return bytes_; }
    Fields message() const { return {bytes_, file_}; }

    float real() const
    {
        if (bytes_.size() != 4) fail();
        std::uint32_t bits = 0;
        for (std::size_t i = 4; i-- > 0;)
            bits = bits << 8U | static_cast<std::uint8_t>(bytes_[i]);
        return std::bit_cast<float>(bits);
    }
    [[noreturn]] void fail() const
    {
        throw DataError(file_, 0, "not a SentencePiece model, or a damaged one. Fetch the file again");
    }

  private:
    std::uint64_t varint()
    {
        std::uint64_t value = 0;
        for (unsigned shift = 0; shift < 64; shift += 7) {
            auto const byte = static_cast<std::uint8_t>(take(1)[0]);
            value |= std::uint64_t{byte & 0x7FU} << shift;
            if (byte < 0x80) return value;
        }
        fail();
    }
    std::string_view take(std::uint64_t size)
    {
        if (size > rest_.size()) fail();
        std::string_view const taken = rest_.substr(0, size);
        rest_.remove_prefix(size);
        return taken;
    }

    std::string_view rest_;
    std::string const& file_;
    std::uint64_t field_ = 0;
    std::uint64_t number_ = 0;
    std::string_view bytes_;
};

// The numbers are those of the fields in sentencepiece_model.proto.

SpmModel::Piece read_piece(Fields fields)
{
    SpmModel::Piece piece;
    while (fields.next()) {
        if (fields.field() == 1) piece.text = fields.bytes();
        if (fields.field() == 2) piece.score = fields.real();
        if (fields.field() == 3) {
            if (fields.number() < 1 || fields.number() > 6) fields.fail();
            piece.type = static_cast<SpmModel::Type>(fields.number());
        }
    }
    if (piece.text.empty() || !is_utf8(piece.text) || !std::isfinite(piece.score)) fields.fail();
    return piece;
}

void read_trainer(Fields fields, SpmModel& model)
{
    while (fields.next()) {
        if (fields.field() == 3) {
            if (fields.number() < 1 || fields.number() > 4) fields.fail();
            model.kind = static_cast<SpmModel::Kind>(fields.number());
        }
        if (fields.field() == 24) model.space_is_suffix = fields.flag();
        if (fields.field() == 35) model.byte_fallback = fields.flag();
    }
}

void read_normalizer(Fields fields, SpmModel& model)
{
    while (fields.next())
        if (fields.field() == 2) model.char_map = fields.bytes();
}

}  // namespace

SpmModel parse_spm_model(std::string_view bytes, std::string const& file)
{
    SpmModel model;
    Fields fields(bytes, file);
    while (fields.next()) {
        if (fields.field() == 1) model.pieces.push_back(read_piece(fields.message()));
        if (fields.field() == 2) read_trainer(fields.message(), model);
        if (fields.field() == 3) read_normalizer(fields.message(), model);
        if (model.pieces.size() >= static_cast<std::size_t>(Vocabulary::id_limit)) fields.fail();
    }
    if (model.pieces.empty()) fields.fail();
    return model;
}

}  // namespace ablatrix::text::detail
