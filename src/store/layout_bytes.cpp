#include "detail/layout_bytes.hpp"

#include <cstdint>
#include <string>
#include <string_view>

#include <ablatrix/base/bundle.hpp>
#include <ablatrix/base/error.hpp>

namespace ablatrix::store::detail {

namespace {

using base::Bundle;
using base::Fingerprint;

using Texts = std::vector<std::string>;

Texts texts_of(std::vector<Fingerprint> const& fingerprints)
{
    Texts texts;
    texts.reserve(fingerprints.size());
    for (auto const& fingerprint : fingerprints)
        texts.push_back(fingerprint.text());
    return texts;
}

/// As the result file gives it back: its slots are padded with zeros.
std::string stored(std::string const& text)
{
    return text.substr(0, text.find_last_not_of('\0') + 1);
}

Texts stored(Texts const& texts)
{
    Texts copies;
    copies.reserve(texts.size());
    for (auto const& text : texts)
        copies.push_back(stored(text));
    return copies;
}

Texts texts(Bundle const& bundle, std::string_view name)
{
    auto const values = bundle.get<std::string>(name);
    return {values.begin(), values.end()};
}

std::string text(Bundle const& bundle, std::string_view name)
{
    auto values = texts(bundle, name);
    ABLATRIX_VALIDATE(values.size() == 1, "'" + std::string(name) + "' of a stored layout is not one text");
    return std::move(values.front());
}

std::vector<Fingerprint> fingerprints(Bundle const& bundle, std::string_view name)
{
    std::vector<Fingerprint> values;
    for (auto const& value : bundle.get<std::string>(name))
        values.push_back(Fingerprint::parse(value));
    return values;
}

std::int64_t number(Bundle const& bundle, std::string_view name)
{
    auto const values = bundle.get<std::int64_t>(name);
    ABLATRIX_VALIDATE(values.size() == 1, "'" + std::string(name) + "' of a stored layout is not one number");
    return values.front();
}

std::vector<std::int32_t> indices(Bundle const& bundle, std::string_view name)
{
    auto const values = bundle.get<std::int32_t>(name);
    return {values.begin(), values.end()};
}

void put_number(Bundle& bundle, std::string const& name, std::int64_t value)
{
    bundle.put(name, std::vector<std::int64_t>{value});
}

void put_set(Bundle& bundle, std::string const& prefix, ItemSetLayout const& set)
{
    bundle.put(prefix + "name", Texts{set.name});
    put_number(bundle, prefix + "kind", static_cast<std::int64_t>(set.kind));
    put_number(bundle, prefix + "n_items", set.n_items);
    put_number(bundle, prefix + "curves", set.curves ? 1 : 0);
    put_number(bundle, prefix + "has_confidence", set.has_confidence ? 1 : 0);
    bundle.put(prefix + "methods", stored(set.methods));
    bundle.put(prefix + "metrics", stored(set.metrics));
    bundle.put(prefix + "truths", texts_of(set.truths));
    bundle.put(prefix + "truth_of_run", set.truth_of_run);
    bundle.put(prefix + "columns", texts_of(set.columns));
    bundle.put(prefix + "column_of", set.column_of);
    bundle.put(prefix + "truth_of_column", set.truth_of_column);
}

ItemSetLayout get_set(Bundle const& bundle, std::string const& prefix)
{
    ItemSetLayout set;
    set.name = text(bundle, prefix + "name");
    set.kind = number(bundle, prefix + "kind") == 0 ? ColumnKind::score : ColumnKind::prediction;
    set.n_items = number(bundle, prefix + "n_items");
    set.curves = number(bundle, prefix + "curves") != 0;
    set.has_confidence = number(bundle, prefix + "has_confidence") != 0;
    set.methods = texts(bundle, prefix + "methods");
    set.metrics = texts(bundle, prefix + "metrics");
    set.truths = fingerprints(bundle, prefix + "truths");
    set.truth_of_run = indices(bundle, prefix + "truth_of_run");
    set.columns = fingerprints(bundle, prefix + "columns");
    set.column_of = indices(bundle, prefix + "column_of");
    set.truth_of_column = indices(bundle, prefix + "truth_of_column");
    return set;
}

std::string axis_name(std::size_t i)
{
    return "axis/" + std::to_string(i);
}

std::string set_prefix(std::size_t i)
{
    return "set/" + std::to_string(i) + "/";
}

}  // namespace

std::vector<std::byte> layout_bytes(ResultLayout const& layout, Provenance const& provenance)
{
    Bundle bundle;
    put_number(bundle, "n_runs", layout.n_runs);
    Texts axes;
    for (std::size_t i = 0; i < layout.axes.size(); ++i) {
        axes.push_back(layout.axes[i].name);
        bundle.put(axis_name(i), stored(layout.axes[i].value_of_run));
    }
    bundle.put("axes", std::move(axes));
    bundle.put("arm_axis", Texts{stored(layout.arm_axis)});
    put_number(bundle, "n_sets", static_cast<std::int64_t>(layout.item_sets.size()));
    for (std::size_t i = 0; i < layout.item_sets.size(); ++i)
        put_set(bundle, set_prefix(i), layout.item_sets[i]);
    bundle.put("scalars", stored(layout.scalars));
    Texts kinds;
    std::vector<Fingerprint> stages;
    for (auto const& stage : layout.stages) {
        kinds.push_back(stored(stage.kind));
        stages.push_back(stage.fingerprint);
    }
    bundle.put("stage/kind", std::move(kinds));
    bundle.put("stage/fingerprint", texts_of(stages));

    bundle.put("config", Texts{stored(provenance.experiment_yaml)});
    bundle.put("plan", Texts{provenance.plan.text()});
    Texts names;
    Texts facts;
    for (auto const& [name, fact] : provenance.facts) {
        names.push_back(name);
        facts.push_back(stored(fact));
    }
    bundle.put("fact/name", std::move(names));
    bundle.put("fact/text", std::move(facts));
    return bundle.serialise();
}

std::pair<ResultLayout, Provenance> parse_layout(std::span<std::byte const> bytes)
{
    auto const bundle = Bundle::parse(bytes);
    ResultLayout layout;
    layout.n_runs = number(bundle, "n_runs");
    auto const axes = texts(bundle, "axes");
    for (std::size_t i = 0; i < axes.size(); ++i)
        layout.axes.push_back({axes[i], texts(bundle, axis_name(i))});
    layout.arm_axis = text(bundle, "arm_axis");
    auto const n_sets = static_cast<std::size_t>(number(bundle, "n_sets"));
    for (std::size_t i = 0; i < n_sets; ++i)
        layout.item_sets.push_back(get_set(bundle, set_prefix(i)));
    layout.scalars = texts(bundle, "scalars");
    auto const kinds = texts(bundle, "stage/kind");
    auto const stages = fingerprints(bundle, "stage/fingerprint");
    ABLATRIX_VALIDATE(kinds.size() == stages.size(), "the tasks of a stored layout differ in number");
    for (std::size_t i = 0; i < kinds.size(); ++i)
        layout.stages.push_back({stages[i], kinds[i]});

    Provenance provenance;
    provenance.experiment_yaml = text(bundle, "config");
    provenance.plan = Fingerprint::parse(text(bundle, "plan"));
    auto const names = texts(bundle, "fact/name");
    auto const facts = texts(bundle, "fact/text");
    ABLATRIX_VALIDATE(names.size() == facts.size(), "the facts of a stored layout differ in number");
    for (std::size_t i = 0; i < names.size(); ++i)
        provenance.facts.emplace(names[i], facts[i]);
    return {std::move(layout), std::move(provenance)};
}

base::Fingerprint layout_fingerprint(ResultLayout const& layout, Provenance const& provenance)
{
    return base::fingerprint_of(layout_bytes(layout, provenance));
}

}  // namespace ablatrix::store::detail
