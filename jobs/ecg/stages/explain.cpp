#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include <ablatrix/base/error.hpp>
#include <ablatrix/base/parallel.hpp>
#include <ablatrix/data/dataset.hpp>
#include <ablatrix/text/tokenize.hpp>

#include "jobs/ecg/lexical_explainer.hpp"
#include "jobs/ecg/sources.hpp"
#include "jobs/ecg/stages/stages.hpp"
#include "jobs/ecg/stages/support.hpp"

namespace ablatrix::ecg {
namespace {

constexpr std::size_t max_spans = 3;

LexicalExplainer fit_explainer(plan::StageContext const& context)
{
    auto const reserve = data::Dataset::from_bundle(context.input("reserve"));
    auto const& params = context.params();
    LexicalOptions options;
    options.smoothing = params.get<double>("smoothing");
    options.label_word_weight = params.get<double>("label_word_weight");
    options.temperature = params.get<double>("temperature");
    options.word_dropout = params.get<double>("word_dropout");
    for (auto const& token : params.get<std::vector<std::string>>("hidden_tokens")) {
        for (auto const& word : text::words(token))
            options.hidden.push_back(word.lower);
    }
    return LexicalExplainer::fit(reserve.text, gold_labels(reserve), reserve.class_names, std::move(options));
}

/// The columns of the explanation table, [M x n] each.
struct Table
{
    explicit Table(std::size_t rows)
        : label(rows),
          confidence(rows),
          begin(rows * max_spans, -1),
          end(rows * max_spans, -1),
          parsed(rows),
          rationale(rows),
          counterfactual(rows),
          evidence(rows)
    {}

    void put(std::size_t place, Explanation explanation)
    {
        label[place] = explanation.pred_label;
        confidence[place] = explanation.confidence;
        parsed[place] = explanation.parse_success ? 1 : 0;
        rationale[place] = std::move(explanation.rationale);
        counterfactual[place] = std::move(explanation.counterfactual);
        for (std::size_t s = 0; s < explanation.evidence.size(); ++s) {
            auto const& span = explanation.evidence[s];
            if (s > 0) evidence[place] += evidence_separator;
            evidence[place] += span.text;
            begin[place * max_spans + s] = static_cast<std::int32_t>(span.begin);
            end[place * max_spans + s] = static_cast<std::int32_t>(span.end);
        }
    }

    std::vector<std::int32_t> label;
    std::vector<double> confidence;
    std::vector<std::int32_t> begin, end;
    std::vector<std::uint8_t> parsed;
    std::vector<std::string> rationale, counterfactual, evidence;
};

base::Bundle run(plan::StageContext const& context)
{
    auto const explainer = fit_explainer(context);
    auto const texts = context.input("text").get<std::string>("text");
    auto const items = context.input("text").get<std::int64_t>("row");
    auto const samples = static_cast<std::size_t>(context.params().get<std::int64_t>("samples"));
    auto const n = texts.size();
    ABLATRIX_EXPECT(items.size() == n);

    Table table(samples * n);
    base::parallel_for(n, context.threads(), [&](std::size_t i) {
        table.put(i, explainer.explain(texts[i]));
        for (std::size_t m = 1; m < samples; ++m) {
            auto const index = static_cast<std::uint64_t>(items[i]) * samples + m;
            table.put(m * n + i, explainer.explain_sample(texts[i], context.stream("llm", index)));
        }
    });

    auto const rows = static_cast<std::int64_t>(n);
    auto const m = static_cast<std::int64_t>(samples);
    base::Bundle out;
    out.put("pred_label", std::move(table.label), {m, rows});
    out.put("confidence", std::move(table.confidence), {m, rows});
    out.put("parse_success", std::move(table.parsed), {m, rows});
    out.put("rationale", std::move(table.rationale), {m, rows});
    out.put("counterfactual", std::move(table.counterfactual), {m, rows});
    out.put("evidence", std::move(table.evidence), {m, rows});
    out.put("evidence_begin", std::move(table.begin), {m, rows, static_cast<std::int64_t>(max_spans)});
    out.put("evidence_end", std::move(table.end), {m, rows, static_cast<std::int64_t>(max_spans)});
    return out;
}

}  // namespace

plan::StageKind explain_stage()
{
    return {"ecg.explain", 1, run};
}

}  // namespace ablatrix::ecg
