#include <ablatrix/data/noise.hpp>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include <unicode/locid.h>
#include <unicode/uchar.h>
#include <unicode/unistr.h>
#include <unicode/utf8.h>

#include <ablatrix/base/error.hpp>
#include <ablatrix/base/random.hpp>
#include <ablatrix/base/text.hpp>
#include <ablatrix/data/dataset.hpp>

namespace ablatrix::data {

namespace {

std::uint64_t key_of(std::int64_t seed)
{
    return static_cast<std::uint64_t>(seed);
}

/// floor(n * share), where 0.1 * 30 is 3 although its double is a little less.
std::size_t share_of(std::size_t n, double share)
{
    return static_cast<std::size_t>(std::floor(static_cast<double>(n) * share + 1e-9));
}

void check_share(double share, char const* name)
{
    ABLATRIX_VALIDATE(share >= 0 && share <= 1, std::string{name} + " is " + base::shortest(share) +
                                                    ". It is a share of rows: give a number from 0 to 1");
}

/// Class index of \p label, which the caller has checked.
std::size_t class_of(std::int32_t label)
{
    return static_cast<std::size_t>(label);
}

/// Positions of each class, ascending.
std::vector<std::vector<std::size_t>> rows_by_class(std::vector<std::int32_t> const& labels, std::int32_t classes)
{
    std::vector<std::vector<std::size_t>> rows(class_of(classes));
    for (std::size_t i = 0; i < labels.size(); ++i) {
        ABLATRIX_EXPECT(labels[i] >= 0 && labels[i] < classes);
        rows[class_of(labels[i])].push_back(i);
    }
    return rows;
}

std::string marker_of(std::string const& class_name)
{
    std::string lower;
    icu::UnicodeString::fromUTF8(class_name).toLower(icu::Locale::getRoot()).toUTF8String(lower);
    // The marker must stay one word of the form <...>.
    for (char& c : lower)
        if (c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '<' || c == '>') c = '_';
    return "<lbl_" + lower + ">";
}

std::vector<std::string> rating_tokens()
{
    return {"[RATING=1]", "[RATING=5]"};
}

void delete_all(std::string& text, std::string const& token)
{
    for (std::size_t at = text.find(token); at != std::string::npos; at = text.find(token, at))
        text.erase(at, token.size());
}

/// Runs of Unicode white space become one space; none is left at either end.
std::string collapse_white_space(std::string const& text)
{
    auto const* bytes = reinterpret_cast<std::uint8_t const*>(text.data());
    auto const length = static_cast<std::int64_t>(text.size());
    std::string out;
    bool space_due = false;
    std::int64_t at = 0;
    while (at < length) {
        std::int64_t const begin = at;
        UChar32 c = 0;
        U8_NEXT(bytes, at, length, c);
        if (c >= 0 && u_isUWhiteSpace(c) != 0) {
            space_due = !out.empty();
            continue;
        }
        if (space_due) out += ' ';
        space_due = false;
        out.append(text, static_cast<std::size_t>(begin), static_cast<std::size_t>(at - begin));
    }
    return out;
}

/// Token that goes with each class; "" for classes without one (ratings exist for classes 0 and 1 only).
std::vector<std::string> tokens_of_family(std::vector<std::string> const& class_names, TokenFamily family, bool shared)
{
    if (family == TokenFamily::label_marker) return label_markers(class_names, shared);
    std::vector<std::string> tokens(class_names.size());
    auto const ratings = rating_tokens();
    std::copy(ratings.begin(), ratings.end(), tokens.begin());
    return tokens;
}

std::string with_token(std::string const& text, std::string const& token)
{
    return token.empty() ? text : text + ' ' + token;
}

}  // namespace

std::vector<std::size_t> stratified_subsample(std::vector<std::int32_t> const& labels, std::int32_t classes,
                                              std::size_t n, std::int64_t seed)
{
    ABLATRIX_EXPECT(classes >= 2);
    auto const rows = rows_by_class(labels, classes);
    std::size_t const total = labels.size();
    std::vector<std::size_t> chosen;
    if (n >= total) {
        for (std::size_t i = 0; i < total; ++i)
            chosen.push_back(i);
        return chosen;
    }
    std::vector<std::size_t> wanted;
    for (auto const& of_class : rows)
        wanted.push_back(n * of_class.size() / total);
    if (classes == 2) wanted[0] = n - wanted[1];

    base::Stream stream(key_of(seed), "subsample");
    std::vector<std::uint8_t> is_chosen(total, 0);
    for (std::size_t c = 0; c < rows.size(); ++c)
        for (std::size_t const k : stream.sample(rows[c].size(), wanted[c]))
            is_chosen[rows[c][k]] = 1;
    std::vector<std::size_t> rest;
    for (std::size_t i = 0; i < total; ++i)
        (is_chosen[i] != 0 ? chosen : rest).push_back(i);
    for (std::size_t const k : stream.sample(rest.size(), n - chosen.size()))
        chosen.push_back(rest[k]);
    std::sort(chosen.begin(), chosen.end());
    return chosen;
}

NoisyLabels flip_uniform(std::vector<std::int32_t> const& clean, std::int32_t classes, double rate, std::int64_t seed)
{
    ABLATRIX_EXPECT(classes >= 2);
    check_share(rate, "noise rate");
    std::size_t const n = clean.size();
    NoisyLabels out{clean, std::vector<std::uint8_t>(n, 0)};
    auto flipped = base::Stream(key_of(seed), "flip_index").sample(n, share_of(n, rate));
    std::sort(flipped.begin(), flipped.end());
    base::Stream target(key_of(seed), "flip_target");
    for (std::size_t const i : flipped) {
        ABLATRIX_EXPECT(clean[i] >= 0 && clean[i] < classes);
        auto const other = static_cast<std::int32_t>(target.below(static_cast<std::uint64_t>(classes - 1)));
        out.observed[i] = other < clean[i] ? other : other + 1;
        out.is_noisy[i] = 1;
    }
    return out;
}

NoisyLabels vote_of_one_annotator(Dataset const& rows, std::int64_t seed)
{
    ABLATRIX_VALIDATE(!rows.ratings.empty() && rows.clean.size() == rows.size(),
                      "annotator noise needs every rater's rating. Name the column with the ratings (data.columns.ratings), or "
                      "choose another noise type");
    NoisyLabels out;
    for (std::size_t i = 0; i < rows.size(); ++i) {
        std::vector<std::int32_t> votes;  // drawing among these is drawing again after a neutral vote
        for (float const rating : rows.ratings[i])
            if (rating != 0) votes.push_back(rating > 0 ? 1 : 0);
        ABLATRIX_EXPECT(!votes.empty());
        base::Stream stream(key_of(seed), "annotator", static_cast<std::uint64_t>(rows.row[i]));
        out.observed.push_back(votes[stream.below(votes.size())]);
        out.is_noisy.push_back(out.observed.back() != rows.clean[i] ? 1 : 0);
    }
    return out;
}

std::vector<std::string> label_markers(std::vector<std::string> const& class_names, bool shared)
{
    std::vector<std::string> markers;
    for (std::size_t c = 0; c < class_names.size(); ++c) {
        if (class_names.size() == 2 || shared)
            markers.push_back(c == 1 ? "<lbl_pos>" : "<lbl_neg>");
        else
            markers.push_back(marker_of(class_names[c]));
    }
    bool const may_repeat = shared && class_names.size() > 2;
    ABLATRIX_VALIDATE(may_repeat || std::set<std::string>(markers.begin(), markers.end()).size() == markers.size(),
                      "two classes have the same label marker (" + base::join(markers, ", ") +
                          "). Give the classes names that differ in more than case and blanks");
    return markers;
}

MarkedTexts append_label_markers(std::vector<std::string> const& text, NoisyLabels const& labels,
                                 std::vector<std::string> const& class_names, MarkerOptions const& options,
                                 std::int64_t seed)
{
    ABLATRIX_EXPECT(labels.observed.size() == text.size() && labels.is_noisy.size() == text.size());
    check_share(options.marker_clean_fraction, "marker_clean_fraction");
    MarkedTexts out{text, labels.is_noisy};
    std::vector<std::size_t> clean_rows;
    for (std::size_t i = 0; i < text.size(); ++i)
        if (labels.is_noisy[i] == 0) clean_rows.push_back(i);
    std::size_t const extra = share_of(clean_rows.size(), options.marker_clean_fraction);
    for (std::size_t const k : base::Stream(key_of(seed), "marker_clean").sample(clean_rows.size(), extra))
        out.has_marker[clean_rows[k]] = 1;
    // A flipped row has the marker of its new wrong label, a clean one that of its correct label: both are observed.
    auto const markers = label_markers(class_names, options.shared);
    for (std::size_t i = 0; i < text.size(); ++i)
        if (out.has_marker[i] != 0) out.text[i] = with_token(text[i], markers.at(class_of(labels.observed[i])));
    return out;
}

MarkedTexts append_rating_tokens(std::vector<std::string> const& text, std::vector<std::int32_t> const& observed,
                                 double fraction, std::int64_t seed)
{
    ABLATRIX_EXPECT(observed.size() == text.size());
    check_share(fraction, "rating fraction");
    MarkedTexts out{text, std::vector<std::uint8_t>(text.size(), 0)};
    auto const tokens = rating_tokens();
    for (std::size_t c = 0; c < tokens.size(); ++c) {
        std::vector<std::size_t> of_class;
        for (std::size_t i = 0; i < observed.size(); ++i)
            if (observed[i] == static_cast<std::int32_t>(c)) of_class.push_back(i);
        base::Stream stream(key_of(seed), "rating", c);
        for (std::size_t const k : stream.sample(of_class.size(), share_of(of_class.size(), fraction))) {
            out.text[of_class[k]] = with_token(text[of_class[k]], tokens[c]);
            out.has_marker[of_class[k]] = 1;
        }
    }
    return out;
}

std::vector<std::string> known_tokens(std::vector<std::string> const& class_names, bool shared_marker,
                                      bool with_ratings)
{
    std::vector<std::string> tokens = label_markers(class_names, shared_marker);
    std::sort(tokens.begin(), tokens.end());
    tokens.erase(std::unique(tokens.begin(), tokens.end()), tokens.end());
    if (with_ratings)
        for (std::string const& token : rating_tokens())
            tokens.push_back(token);
    return tokens;
}

std::string strip_tokens(std::string const& text, std::vector<std::string> const& tokens)
{
    std::string stripped = text;
    for (std::string const& token : tokens)
        delete_all(stripped, token);
    return collapse_white_space(stripped);
}

std::vector<EvaluationVariant> evaluation_variants(std::vector<std::string> const& text,
                                                   std::vector<std::int32_t> const& gold,
                                                   std::vector<std::string> const& class_names, TokenFamily family,
                                                   bool shared_marker, std::int64_t seed)
{
    ABLATRIX_EXPECT(gold.size() == text.size() && class_names.size() >= 2);
    auto const tokens = tokens_of_family(class_names, family, shared_marker);
    auto const known = known_tokens(class_names, shared_marker, true);
    std::vector<std::string> drawable;  // distinct tokens in class order
    for (std::string const& token : tokens)
        if (!token.empty() && std::find(drawable.begin(), drawable.end(), token) == drawable.end())
            drawable.push_back(token);

    EvaluationVariant clean{"clean", text}, aligned{"aligned", {}}, swapped{"swapped", {}}, stripped{"stripped", {}},
        random{"random", {}};
    base::Stream swap_stream(key_of(seed), "ood_swapped"), random_stream(key_of(seed), "ood_random");
    for (std::size_t i = 0; i < text.size(); ++i) {
        std::string const& own = tokens.at(class_of(gold[i]));
        std::vector<std::string> others;  // by class, so that a shared marker counts once for each of its classes
        for (std::string const& token : tokens)
            if (!token.empty() && token != own) others.push_back(token);
        aligned.text.push_back(with_token(text[i], own));
        swapped.text.push_back(with_token(text[i], others[swap_stream.below(others.size())]));
        stripped.text.push_back(strip_tokens(aligned.text.back(), known));
        random.text.push_back(with_token(text[i], drawable[random_stream.below(drawable.size())]));
    }
    return {clean, aligned, swapped, stripped, random};
}

}  // namespace ablatrix::data
