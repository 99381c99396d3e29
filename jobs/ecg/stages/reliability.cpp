#include <algorithm>
#include <cmath>
#include <cstdint>
#include <set>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include <ablatrix/base/text.hpp>
#include <ablatrix/text/tokenize.hpp>

#include "jobs/ecg/stages/stages.hpp"
#include "jobs/ecg/stages/support.hpp"

namespace ablatrix::ecg {
namespace {

/// The M samples of all rows.
struct Samples
{
    std::int64_t m, n, dim;
    std::span<std::int32_t const> label;
    std::span<std::uint8_t const> parsed;
    std::span<std::string const> evidence;
    std::span<float const> rationale;

    std::size_t at(std::int64_t sample, std::size_t row) const { return static_cast<std::size_t>(sample * n) + row; }
    /// A failed or UNKNOWN sample never agrees with anything.
    bool usable(std::int64_t sample, std::size_t row) const
    {
        return parsed[at(sample, row)] != 0 && label[at(sample, row)] >= 0;
    }
};

struct Agreement
{
    double label = 0, evidence = 0, rationale = 0, reliability = 0;
    std::int32_t dominant = -1;
};

std::set<std::string> span_set(std::string const& joined)
{
    std::set<std::string> spans;
    for (auto const& span : evidence_spans(joined)) {
        std::string lower;
        for (auto const& word : text::words(span))
            lower += (lower.empty() ? "" : " ") + word.lower;
        spans.insert(lower);
    }
    return spans;
}

double jaccard(std::set<std::string> const& a, std::set<std::string> const& b)
{
    if (a.empty() && b.empty()) return 1;
    auto const shared = std::count_if(a.begin(), a.end(), [&](std::string const& each) { return b.count(each) != 0; });
    return static_cast<double>(shared) / static_cast<double>(a.size() + b.size() - static_cast<std::size_t>(shared));
}

double cosine(std::span<float const> a, std::span<float const> b)
{
    double dot = 0, aa = 0, bb = 0;
    for (std::size_t d = 0; d < a.size(); ++d) {
        dot += static_cast<double>(a[d]) * b[d];
        aa += static_cast<double>(a[d]) * a[d];
        bb += static_cast<double>(b[d]) * b[d];
    }
    if (aa == 0 && bb == 0) return 1;
    return aa == 0 || bb == 0 ? 0 : dot / std::sqrt(aa * bb);
}

/// Most frequent label; ties go to the one seen first.
std::pair<std::int32_t, int> dominant_label(Samples const& samples, std::size_t row)
{
    std::pair<std::int32_t, int> best{-1, 0};
    for (std::int64_t s = 0; s < samples.m; ++s) {
        if (!samples.usable(s, row)) continue;
        auto const label = samples.label[samples.at(s, row)];
        int count = 0;
        for (std::int64_t t = 0; t < samples.m; ++t) {
            count += samples.usable(t, row) && samples.label[samples.at(t, row)] == label ? 1 : 0;
        }
        if (count > best.second) best = {label, count};
    }
    return best;
}

Agreement agreement_of(Samples const& samples, std::size_t row)
{
    Agreement agreement;
    auto const [dominant, count] = dominant_label(samples, row);
    agreement.dominant = dominant;
    agreement.label = static_cast<double>(count) / static_cast<double>(samples.m);
    if (samples.m == 1) {
        agreement.evidence = agreement.rationale = agreement.reliability = samples.usable(0, row) ? 1 : 0;
        return agreement;
    }
    auto const rationale_of = [&](std::int64_t sample) {
        return samples.rationale.subspan(samples.at(sample, row) * static_cast<std::size_t>(samples.dim),
                                         static_cast<std::size_t>(samples.dim));
    };
    int pairs = 0;
    for (std::int64_t s = 0; s < samples.m; ++s) {
        for (auto t = s + 1; t < samples.m; ++t) {
            ++pairs;
            if (!samples.usable(s, row) || !samples.usable(t, row)) continue;
            agreement.evidence +=
                jaccard(span_set(samples.evidence[samples.at(s, row)]), span_set(samples.evidence[samples.at(t, row)]));
            agreement.rationale += cosine(rationale_of(s), rationale_of(t));
        }
    }
    agreement.evidence /= pairs;
    agreement.rationale /= pairs;
    auto const mean = (agreement.label + agreement.evidence + agreement.rationale) / 3;
    agreement.reliability = samples.usable(0, row) ? std::clamp(mean, 0.0, 1.0) : 0;
    return agreement;
}

base::Bundle run(plan::StageContext const& context)
{
    auto const& explanations = context.input("explanations");
    auto const& embedding = context.input("embedding");
    auto const& shape = embedding.shape("rationale_vectors");
    Samples const samples{shape.at(0),
                          shape.at(1),
                          shape.at(2),
                          explanations.get<std::int32_t>("pred_label"),
                          explanations.get<std::uint8_t>("parse_success"),
                          explanations.get<std::string>("evidence"),
                          embedding.get<float>("rationale_vectors")};
    auto const n = static_cast<std::size_t>(samples.n);
    std::vector<double> reliability(n), label(n), evidence(n), rationale(n);
    std::vector<std::int32_t> dominant(n);
    for (std::size_t i = 0; i < n; ++i) {
        auto const agreement = agreement_of(samples, i);
        reliability[i] = agreement.reliability;
        label[i] = agreement.label;
        evidence[i] = agreement.evidence;
        rationale[i] = agreement.rationale;
        dominant[i] = agreement.dominant;
    }
    base::Bundle out;
    out.put("reliability", std::move(reliability));
    out.put("label_agreement", std::move(label));
    out.put("evidence_jaccard", std::move(evidence));
    out.put("rationale_similarity", std::move(rationale));
    out.put("dominant_label", std::move(dominant));
    return out;
}

}  // namespace

plan::StageKind reliability_stage()
{
    return {"ecg.reliability", 1, run};
}

}  // namespace ablatrix::ecg
