#include "detail/layout_io.hpp"

#include <algorithm>
#include <limits>
#include <set>
#include <type_traits>
#include <utility>

#include <ablatrix/base/error.hpp>

#include "detail/layout_bytes.hpp"

namespace ablatrix::store::detail {

namespace {

constexpr double nan = std::numeric_limits<double>::quiet_NaN();
constexpr std::string_view config_name = "config";
constexpr std::string_view run_metrics_name = "run";
constexpr std::string_view score_kind = "score";
constexpr std::string_view prediction_kind = "prediction";

constexpr char const* run_status_values = "0 pending, 1 done, 2 failed";
constexpr char const* row_status_values = "0 pending, 1 done";
constexpr char const* stage_status_values = "0 not needed or pending, 1 made, 2 taken from the cache, 3 failed";

std::vector<std::string> texts_of(std::vector<base::Fingerprint> const& fingerprints)
{
    std::vector<std::string> texts;
    texts.reserve(fingerprints.size());
    for (auto const& fingerprint : fingerprints)
        texts.push_back(fingerprint.text());
    return texts;
}

/// One per row, which a large grid has many of: no text is made of them on the way.
std::vector<base::Fingerprint> read_fingerprints(h5::Dataset const& dataset)
{
    auto const slots = dataset.read_bytes(dataset.whole());
    std::string_view rest(reinterpret_cast<char const*>(slots.data()), slots.size());
    std::vector<base::Fingerprint> fingerprints;
    fingerprints.reserve(dataset.whole().size());
    for (; !rest.empty(); rest.remove_prefix(dataset.element_bytes()))
        fingerprints.push_back(base::Fingerprint::parse(rest.substr(0, dataset.element_bytes())));
    return fingerprints;
}

// The format, group by group

void plan_experiment(Provenance const& provenance, std::vector<DatasetPlan>& plans)
{
    plans.push_back(
        {"/experiment/config", {}, std::vector{provenance.experiment_yaml}, "experiment file as resolved (YAML)"});
    for (auto const& [name, text] : provenance.facts)
        plans.push_back({"/experiment/" + name, {}, std::vector{text}, ""});
}

void plan_axes(ResultLayout const& layout, std::vector<DatasetPlan>& plans)
{
    for (auto const& axis : layout.axes)
        plans.push_back({"/axes/" + axis.name, {axis.value_of_run.size()}, axis.value_of_run, "value of each run"});
}

void plan_runs(ResultLayout const& layout, std::vector<DatasetPlan>& plans)
{
    auto const n_runs = static_cast<std::uint64_t>(layout.n_runs);
    plans.push_back({"/runs/status", {n_runs}, std::uint8_t{0}, run_status_values});
    plans.push_back({"/runs/checksum", {n_runs}, std::uint64_t{0}, "XXH3-64 of the row"});
    plans.push_back({"/runs/attempts", {n_runs}, std::int32_t{0}, ""});
    plans.push_back({"/runs/worker", {n_runs}, std::int32_t{-1}, "rank that finished the run"});
    plans.push_back({"/runs/device", {n_runs}, TextSlot{device_slot_bytes}, ""});
    plans.push_back({"/runs/start_s", {n_runs}, nan, "seconds since 1970-01-01 UTC"});
    plans.push_back({"/runs/seconds", {n_runs}, nan, "from the run's first task to its last"});
    plans.push_back({"/runs/error", {n_runs}, TextSlot{error_slot_bytes}, "why the run failed"});
}

void plan_metrics(ResultLayout const& layout, std::vector<DatasetPlan>& plans)
{
    auto const n_runs = static_cast<std::uint64_t>(layout.n_runs);
    plans.push_back({"/metrics/run/names", {layout.scalars.size()}, layout.scalars, ""});
    plans.push_back({"/metrics/run/values", {n_runs, layout.scalars.size()}, nan, "[run, name]"});
    for (auto const& set : layout.item_sets) {
        auto const group = "/metrics/" + set.name;
        plans.push_back({group + "/methods", {set.methods.size()}, set.methods, ""});
        plans.push_back({group + "/metrics", {set.metrics.size()}, set.metrics, ""});
        plans.push_back(
            {group + "/values", {n_runs, set.methods.size(), set.metrics.size()}, nan, "[run, method, metric]"});
    }
}

void plan_items(ResultLayout const& layout, ItemSetLayout const& set, std::vector<DatasetPlan>& plans)
{
    auto const group = "/items/" + set.name;
    std::uint64_t const n_truths = set.truths.size();
    auto const n_items = static_cast<std::uint64_t>(set.n_items);
    h5::Shape const per_item{n_truths, n_items};
    plans.push_back({group + "/truth_of_run",
                     {static_cast<std::uint64_t>(layout.n_runs)},
                     set.truth_of_run,
                     "row of the ground truth, -1: none"});
    plans.push_back({group + "/fingerprint", {n_truths}, texts_of(set.truths), ""});
    plans.push_back({group + "/status", {n_truths}, std::uint8_t{0}, row_status_values});
    plans.push_back({group + "/checksum", {n_truths}, std::uint64_t{0}, "XXH3-64 of the row"});
    plans.push_back({group + "/length", {n_truths}, std::int64_t{-1}, "items of the truth, the rest is padding"});
    plans.push_back({group + "/item", per_item, std::int64_t{-1}, "[truth, item] row of the source table"});
    plans.push_back({group + "/clean", per_item, no_label, "[truth, item] clean label, -1: unknown"});
    plans.push_back({group + "/observed", per_item, no_label, "[truth, item] label as trained on"});
    plans.push_back({group + "/is_noisy", per_item, no_flag, "[truth, item] 0 or 1, 255: padding"});
    h5::Shape const per_value{set.columns.size(), n_items};
    if (set.kind == ColumnKind::score)
        plans.push_back({group + "/values", per_value, nan, "[column, item] suspicion score"});
    else
        plans.push_back({group + "/values", per_value, no_label, "[column, item] predicted class"});
    if (set.has_confidence)
        plans.push_back({group + "/confidence", per_value, nan, "[column, item] probability of the predicted class"});
}

void plan_columns(ResultLayout const& layout, ItemSetLayout const& set, std::vector<DatasetPlan>& plans)
{
    auto const group = "/columns/" + set.name;
    std::uint64_t const n_columns = set.columns.size();
    plans.push_back({group + "/index",
                     {static_cast<std::uint64_t>(layout.n_runs), set.methods.size()},
                     set.column_of,
                     "[run, method] column, -1: none"});
    plans.push_back({group + "/fingerprint", {n_columns}, texts_of(set.columns), ""});
    plans.push_back({group + "/truth", {n_columns}, set.truth_of_column, "row of the ground truth"});
    plans.push_back({group + "/status", {n_columns}, std::uint8_t{0}, row_status_values});
    plans.push_back({group + "/checksum", {n_columns}, std::uint64_t{0}, "XXH3-64 of the row"});
    plans.push_back({group + "/length", {n_columns}, std::int64_t{-1}, "items of the column, the rest is padding"});
    plans.push_back({group + "/metrics", {n_columns, set.metrics.size()}, nan, "[column, metric]"});
    if (!set.curves) return;
    plans.push_back({"/curves/" + set.name + "/roc", {n_columns, curve_points}, nan, "[column, i] TPR at FPR = i/100"});
    plans.push_back(
        {"/curves/" + set.name + "/pr", {n_columns, curve_points}, nan, "[column, i] precision at recall = i/100"});
}

void plan_stages(ResultLayout const& layout, std::vector<DatasetPlan>& plans)
{
    std::vector<std::string> kinds;
    std::vector<base::Fingerprint> fingerprints;
    for (auto const& stage : layout.stages) {
        kinds.push_back(stage.kind);
        fingerprints.push_back(stage.fingerprint);
    }
    std::uint64_t const n_stages = layout.stages.size();
    plans.push_back({"/stages/kind", {n_stages}, std::move(kinds), ""});
    plans.push_back({"/stages/fingerprint", {n_stages}, texts_of(fingerprints), ""});
    plans.push_back({"/stages/status", {n_stages}, std::uint8_t{0}, stage_status_values});
    plans.push_back({"/stages/attempts", {n_stages}, std::int32_t{0}, ""});
    plans.push_back({"/stages/worker", {n_stages}, std::int32_t{-1}, "rank"});
    plans.push_back({"/stages/seconds", {n_stages}, nan, ""});
    plans.push_back({"/stages/bytes", {n_stages}, std::int64_t{0}, "of the artifact"});
}

void create_planned(h5::File& file, DatasetPlan const& plan)
{
    std::visit(
        [&](auto const& content) {
            using Content = std::decay_t<decltype(content)>;
            if constexpr (std::is_same_v<Content, std::vector<std::string>>)
                file.create_texts(plan.path, plan.shape, content);
            else if constexpr (std::is_same_v<Content, std::vector<std::int32_t>>) {
                auto dataset = file.create_dataset<std::int32_t>(plan.path, plan.shape, -1);
                dataset.write<std::int32_t>(dataset.whole(), content);
            }
            else if constexpr (std::is_same_v<Content, TextSlot>)
                file.create_text_slots(plan.path, plan.shape, content.bytes);
            else
                file.create_dataset<Content>(plan.path, plan.shape, content);
        },
        plan.content);
    if (!plan.description.empty()) file.open_dataset(plan.path).set_attribute("description", plan.description);
}

void check_names(std::vector<std::string> const& names, std::string const& what)
{
    std::set<std::string> seen;
    for (auto const& name : names) {
        bool const usable =
            !name.empty() && name != "." && name.find('/') == std::string::npos && name.find('\0') == std::string::npos;
        ABLATRIX_VALIDATE(usable, "'" + name + "' cannot be the name of " + what +
                                      " in a result file. Use a name that is not empty and has no '/'");
        ABLATRIX_VALIDATE(seen.insert(name).second, "'" + name + "' is the name of two " + what + ". Rename one");
    }
}

void check_item_set(ResultLayout const& layout, ItemSetLayout const& set)
{
    auto const n_runs = static_cast<std::size_t>(layout.n_runs);
    ABLATRIX_EXPECT(set.n_items >= 0);
    ABLATRIX_EXPECT(set.truth_of_run.size() == n_runs);
    ABLATRIX_EXPECT(set.column_of.size() == n_runs * set.methods.size());
    ABLATRIX_EXPECT(set.truth_of_column.size() == set.columns.size());
    ABLATRIX_EXPECT(!set.has_confidence || set.kind == ColumnKind::prediction);
    auto const below = [](std::vector<std::int32_t> const& values, std::size_t bound) {
        return std::all_of(values.begin(), values.end(), [&](std::int32_t value) {
            return value >= -1 && (value < 0 || static_cast<std::size_t>(value) < bound);
        });
    };
    ABLATRIX_EXPECT(below(set.truth_of_run, set.truths.size()));
    ABLATRIX_EXPECT(below(set.column_of, set.columns.size()));
    ABLATRIX_EXPECT(below(set.truth_of_column, set.truths.size()));
}

std::vector<std::string> names_of(std::vector<ItemSetLayout> const& sets)
{
    std::vector<std::string> names;
    for (auto const& set : sets)
        names.push_back(set.name);
    return names;
}

std::vector<std::string> names_of(std::vector<AxisLayout> const& axes)
{
    std::vector<std::string> names;
    for (auto const& axis : axes)
        names.push_back(axis.name);
    return names;
}

// Reading

ItemSetLayout read_item_set(h5::File const& file, std::string const& name)
{
    ItemSetLayout set;
    set.name = name;
    auto const items = "/items/" + name;
    auto const columns = "/columns/" + name;
    auto const metrics = "/metrics/" + name;
    auto const kind = file.open_group(items).text_attribute("kind");
    if (kind != score_kind && kind != prediction_kind)
        throw h5::H5Error("'" + items + "' holds values of an unknown kind '" + kind + "'", {});
    set.kind = kind == score_kind ? ColumnKind::score : ColumnKind::prediction;
    set.n_items = static_cast<std::int64_t>(file.open_dataset(items + "/item").shape().at(1));
    set.methods = file.open_dataset(metrics + "/methods").read_texts();
    set.metrics = file.open_dataset(metrics + "/metrics").read_texts();
    set.curves = file.contains("/curves/" + name);
    set.has_confidence = file.contains(items + "/confidence");
    set.truths = read_fingerprints(file.open_dataset(items + "/fingerprint"));
    set.truth_of_run = file.open_dataset(items + "/truth_of_run").read<std::int32_t>();
    set.columns = read_fingerprints(file.open_dataset(columns + "/fingerprint"));
    set.column_of = file.open_dataset(columns + "/index").read<std::int32_t>();
    set.truth_of_column = file.open_dataset(columns + "/truth").read<std::int32_t>();
    return set;
}

std::vector<h5::Dataset> open_all(h5::File const& file, std::vector<std::string> const& paths)
{
    std::vector<h5::Dataset> datasets;
    for (auto const& path : paths)
        datasets.push_back(file.open_dataset(path));
    return datasets;
}

}  // namespace

std::vector<DatasetPlan> plan_datasets(ResultLayout const& layout, Provenance const& provenance)
{
    std::vector<DatasetPlan> plans;
    plan_experiment(provenance, plans);
    plan_axes(layout, plans);
    plan_runs(layout, plans);
    plan_metrics(layout, plans);
    for (auto const& set : layout.item_sets) {
        plan_items(layout, set, plans);
        plan_columns(layout, set, plans);
    }
    plan_stages(layout, plans);
    return plans;
}

std::uint64_t bytes_of(DatasetPlan const& plan)
{
    std::uint64_t count = 1;
    for (auto extent : plan.shape)
        count *= extent;
    return std::visit(
        [&](auto const& content) -> std::uint64_t {
            using Content = std::decay_t<decltype(content)>;
            if constexpr (std::is_same_v<Content, std::vector<std::string>>) {
                std::size_t longest = 1;
                for (auto const& text : content)
                    longest = std::max(longest, text.size());
                return count * longest;
            }
            else if constexpr (std::is_same_v<Content, std::vector<std::int32_t>>)
                return count * sizeof(std::int32_t);
            else if constexpr (std::is_same_v<Content, TextSlot>)
                return count * content.bytes;
            else
                return count * sizeof(Content);
        },
        plan.content);
}

void check_layout(ResultLayout const& layout, Provenance const& provenance)
{
    ABLATRIX_EXPECT(layout.n_runs >= 0);
    check_names(names_of(layout.axes), "axes");
    check_names(names_of(layout.item_sets), "item sets");
    for (auto const& axis : layout.axes)
        ABLATRIX_EXPECT(axis.value_of_run.size() == static_cast<std::size_t>(layout.n_runs));
    for (auto const& set : layout.item_sets) {
        ABLATRIX_EXPECT(set.name != run_metrics_name);
        check_item_set(layout, set);
    }
    std::vector<std::string> facts{std::string(config_name)};
    for (auto const& [name, text] : provenance.facts)
        facts.push_back(name);
    check_names(facts, "facts");
}

void write_layout(h5::File& file, ResultLayout const& layout, Provenance const& provenance)
{
    for (auto const* name : {"experiment", "axes", "runs", "metrics", "curves", "items", "columns", "stages"})
        file.create_group("/" + std::string(name));
    for (auto const& plan : plan_datasets(layout, provenance))
        create_planned(file, plan);

    file.set_attribute("format", std::string(format_name));
    file.set_attribute("version", format_version);
    file.set_attribute("layout", layout_fingerprint(layout, provenance).text());
    file.open_group("/experiment").set_attribute("plan", provenance.plan.text());
    auto axes = file.open_group("/axes");
    axes.set_attribute("names", names_of(layout.axes));
    axes.set_attribute("arm_axis", layout.arm_axis);
    file.open_group("/items").set_attribute("names", names_of(layout.item_sets));
    for (auto const& set : layout.item_sets)
        file.open_group("/items/" + set.name)
            .set_attribute("kind", std::string(set.kind == ColumnKind::score ? score_kind : prediction_kind));
}

ResultLayout read_layout(h5::File const& file)
{
    ResultLayout layout;
    layout.n_runs = static_cast<std::int64_t>(file.open_dataset("/runs/status").shape().at(0));
    auto const axes = file.open_group("/axes");
    for (auto const& name : axes.texts_attribute("names"))
        layout.axes.push_back({name, file.open_dataset("/axes/" + name).read_texts()});
    layout.arm_axis = axes.text_attribute("arm_axis");
    for (auto const& name : file.open_group("/items").texts_attribute("names"))
        layout.item_sets.push_back(read_item_set(file, name));
    layout.scalars = file.open_dataset("/metrics/run/names").read_texts();
    auto const kinds = file.open_dataset("/stages/kind").read_texts();
    auto const fingerprints = read_fingerprints(file.open_dataset("/stages/fingerprint"));
    if (kinds.size() != fingerprints.size()) throw h5::H5Error("the datasets of '/stages' differ in rows", {});
    for (std::size_t i = 0; i < kinds.size(); ++i)
        layout.stages.push_back({fingerprints[i], kinds[i]});
    return layout;
}

Provenance read_provenance(h5::File const& file)
{
    Provenance provenance;
    auto const group = file.open_group("/experiment");
    provenance.plan = base::Fingerprint::parse(group.text_attribute("plan"));
    for (auto const& name : group.names()) {
        auto text = group.read_text(name);
        if (name == config_name)
            provenance.experiment_yaml = std::move(text);
        else
            provenance.facts.emplace(name, std::move(text));
    }
    return provenance;
}

RowTable open_runs(h5::File const& file, ResultLayout const& layout)
{
    std::vector<std::string> paths{"/runs/attempts", "/runs/worker", "/runs/device",       "/runs/start_s",
                                   "/runs/seconds",  "/runs/error",  "/metrics/run/values"};
    for (auto const& set : layout.item_sets)
        paths.push_back("/metrics/" + set.name + "/values");
    return {file.open_dataset("/runs/status"), file.open_dataset("/runs/checksum"), open_all(file, paths)};
}

RowTable open_truths(h5::File const& file, ItemSetLayout const& set)
{
    auto const group = "/items/" + set.name;
    return {file.open_dataset(group + "/status"), file.open_dataset(group + "/checksum"),
            open_all(file,
                     {group + "/length", group + "/item", group + "/clean", group + "/observed", group + "/is_noisy"})};
}

RowTable open_columns(h5::File const& file, ItemSetLayout const& set)
{
    auto const group = "/columns/" + set.name;
    std::vector<std::string> paths{group + "/length", "/items/" + set.name + "/values", group + "/metrics"};
    if (set.curves) {
        paths.push_back("/curves/" + set.name + "/roc");
        paths.push_back("/curves/" + set.name + "/pr");
    }
    if (set.has_confidence) paths.push_back("/items/" + set.name + "/confidence");
    return {file.open_dataset(group + "/status"), file.open_dataset(group + "/checksum"), open_all(file, paths)};
}

}  // namespace ablatrix::store::detail
