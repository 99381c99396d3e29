#include "classification_text.hpp"

#include <algorithm>
#include <cmath>
#include <cstddef>

#include <ablatrix/base/text.hpp>

namespace ablatrix::app {
namespace {

/// Labels come from a file of strangers; a table has no place for a tab or a line end in one.
std::string in_a_cell(std::string text)
{
    std::replace_if(
        text.begin(), text.end(), [](char c) { return c == '\t' || c == '\n' || c == '\r'; }, ' ');
    return text;
}

std::vector<double> softmax(std::span<float const> logits)
{
    double const highest = *std::max_element(logits.begin(), logits.end());
    std::vector<double> out;
    double sum = 0;
    for (float const logit : logits) {
        out.push_back(std::exp(double{logit} - highest));
        sum += out.back();
    }
    for (auto& value : out)
        value /= sum;
    return out;
}

/// Seven digits: what a float holds.
std::string number(double probability)
{
    return base::shortest(static_cast<double>(std::round(probability * 1e7) / 1e7));
}

void append_json(std::string& out, std::vector<std::string> const& labels, std::size_t best,
                 std::vector<double> const& probability)
{
    out += "{\"label\":";
    base::append_quoted(out, labels[best]);
    out += ",\"probabilities\":{";
    for (std::size_t c = 0; c < labels.size(); ++c) {
        if (c > 0) out += ',';
        base::append_quoted(out, labels[c]);
        out += ':' + number(probability[c]);
    }
    out += "}}\n";
}

}  // namespace

std::string classification_header(std::vector<std::string> const& labels, bool json_lines)
{
    if (json_lines) return {};
    std::string out = "label";
    for (auto const& label : labels)
        out += '\t' + in_a_cell(label);
    return out + '\n';
}

std::string classification_rows(std::vector<std::string> const& labels, std::span<float const> logits, bool json_lines)
{
    std::string out;
    for (std::size_t begin = 0; begin < logits.size(); begin += labels.size()) {
        auto const row = logits.subspan(begin, labels.size());
        auto const best = static_cast<std::size_t>(std::max_element(row.begin(), row.end()) - row.begin());
        auto const probability = softmax(row);
        if (json_lines) {
            append_json(out, labels, best, probability);
            continue;
        }
        out += in_a_cell(labels[best]);
        for (double const p : probability)
            out += '\t' + number(p);
        out += '\n';
    }
    return out;
}

}  // namespace ablatrix::app
