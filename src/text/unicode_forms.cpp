#include <cstdint>
#include <memory>
#include <vector>

#include <unicode/normalizer2.h>

#include <ablatrix/base/error.hpp>

#include "detail/decomposition.hpp"
#include "detail/makers.hpp"
#include "detail/utf8.hpp"

namespace ablatrix::text::detail {

namespace {

/// What \p first and \p second compose to; negative: nothing.
UChar32 composition(icu::Normalizer2 const& normalizer, char32_t first, char32_t second)
{
    UChar32 const composed = normalizer.composePair(static_cast<UChar32>(first), static_cast<UChar32>(second));
    return composed >= 0 && in_unicode_9(static_cast<char32_t>(composed)) ? composed : U_SENTINEL;
}

/// Canonical composition (UAX 15, D117) of decomposed \p changes, in place. A composed code point stands for all that
/// went into it.
void compose(icu::Normalizer2 const& normalizer, std::vector<Change>& changes)
{
    std::size_t kept = 0;
    std::size_t starter = changes.size();  // none yet
    int last_class = 0;                    // of the last one kept behind the starter; 0: it is the starter
    for (Change const c : changes) {
        int const combining = combining_class(c.value);
        bool const reachable = starter < kept && (last_class == 0 ? starter + 1 == kept : last_class < combining);
        UChar32 const composed = reachable ? composition(normalizer, changes[starter].value, c.value) : U_SENTINEL;
        if (composed >= 0) {
            changes[starter].value = static_cast<char32_t>(composed);
            changes[starter].shift += c.shift - 1;
            continue;
        }
        if (combining == 0) starter = kept;
        last_class = combining;
        changes[kept++] = c;
    }
    changes.resize(kept);
}

/// NFC, NFD, NFKC, NFKD.
class UnicodeForm final : public Normalizer
{
  public:
    UnicodeForm(bool compatible, bool composed) : compatible_(compatible), composed_(composed)
    {
        UErrorCode status = U_ZERO_ERROR;
        auto const mode = composed ? UNORM2_COMPOSE : UNORM2_DECOMPOSE;
        normalizer_ = icu::Normalizer2::getInstance(nullptr, compatible ? "nfkc" : "nfc", mode, status);
        ABLATRIX_VALIDATE(U_SUCCESS(status), "ICU has no normalisation data. Reinstall ICU");
    }

    void apply(AlignedText& text) const override
    {
        if (is_ascii(text.text()) || is_normalized(text.text())) return;
        std::vector<Change> changes = decomposed(text.text(), compatible_);
        if (composed_) compose(*normalizer_, changes);
        text.transform(changes);
    }

  private:
    bool is_normalized(std::string_view text) const
    {
        UErrorCode status = U_ZERO_ERROR;
        auto const piece = icu::StringPiece(text.data(), static_cast<std::int32_t>(text.size()));
        return normalizer_->isNormalizedUTF8(piece, status) != 0;
    }

    bool compatible_;
    bool composed_;
    icu::Normalizer2 const* normalizer_ = nullptr;  // owned by ICU
};

}  // namespace

std::unique_ptr<Normalizer const> make_nfc(JsonNode const&)
{
    return std::make_unique<UnicodeForm>(false, true);
}

std::unique_ptr<Normalizer const> make_nfd(JsonNode const&)
{
    return std::make_unique<UnicodeForm>(false, false);
}

std::unique_ptr<Normalizer const> make_nfkc(JsonNode const&)
{
    return std::make_unique<UnicodeForm>(true, true);
}

std::unique_ptr<Normalizer const> make_nfkd(JsonNode const&)
{
    return std::make_unique<UnicodeForm>(true, false);
}

}  // namespace ablatrix::text::detail
