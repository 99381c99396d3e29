#include <ablatrix/report/report.hpp>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <set>
#include <string_view>
#include <utility>

#include <ablatrix/base/text.hpp>

#include "detail/figure.hpp"
#include "detail/format.hpp"

namespace ablatrix::report {

using detail::csv_cell;
using detail::valid_utf8;

namespace {

/// A value as text; only texts are quoted, and nothing at all is null.
struct Field
{
    std::string name;
    std::string text;
    bool is_text = false;
};

/// Fields in a fixed order: the same names serve CSV and JSON.
class Fields
{
  public:
    void text(std::string const& name, std::string const& text) { fields_.push_back({name, valid_utf8(text), true}); }
    void number(std::string const& name, double value)
    {
        fields_.push_back({name, std::isfinite(value) ? base::shortest(value) : "", false});
    }
    void count(std::string const& name, std::int64_t value)
    {
        fields_.push_back({name, value < 0 ? "" : std::to_string(value), false});
    }
    void flag(std::string const& name, bool value) { fields_.push_back({name, value ? "true" : "false", false}); }
    void nothing(std::string const& name) { fields_.push_back({name, "", false}); }
    std::vector<Field> const& all() const { return fields_; }

  private:
    std::vector<Field> fields_;
};

std::string pairs_text(Record::Pairs const& pairs)
{
    std::string text;
    for (auto const& [name, value] : pairs)
        text += (text.empty() ? "" : ", ") + name + "=" + value;
    return text;
}

std::string value_of(Record::Pairs const& pairs, std::string const& wanted)
{
    for (auto const& [name, value] : pairs) {
        if (name == wanted) return value;
    }
    return {};
}

void add_codes(std::string& note, std::string const& codes)
{
    if (!codes.empty() && codes != note) stats::add_note(note, codes);
}

std::string note_of(Record const& record)
{
    std::string note = record.estimate.note;
    add_codes(note, record.test.note);
    add_codes(note, record.effect.note);
    if (std::isinf(record.estimate.low) || std::isinf(record.effect.low)) stats::add_note(note, "unbounded_low");
    if (std::isinf(record.estimate.high) || std::isinf(record.effect.high)) stats::add_note(note, "unbounded_high");
    return note;
}

void add_estimate(Fields& fields, Record const& record)
{
    auto const& estimate = record.estimate;
    bool const has_interval = !std::isnan(estimate.low) || !std::isnan(estimate.high);
    fields.number("value", estimate.value);
    fields.number("ci_low", estimate.low);
    fields.number("ci_high", estimate.high);
    fields.number("level", has_interval ? estimate.level : stats::undefined_value);
    fields.number("mc_low", record.resampling.mc_low);
    fields.number("mc_high", record.resampling.mc_high);
    fields.number("sd", record.sd);
    fields.count("ddof", record.ddof);
    fields.text("method", estimate.method);
}

void add_resampling(Fields& fields, Resampling const& resampling)
{
    fields.count("resamples", resampling.resamples);
    fields.count("resamples_undefined", resampling.undefined);
    fields.count("seed", resampling.seed);
    fields.text("frame", resampling.frame);
    fields.number("z0", resampling.z0);
    fields.number("accel", resampling.accel);
}

void add_sample(Fields& fields, Record const& record)
{
    fields.count("n", record.n_items);
    fields.count("n_pos", record.n_positive);
    fields.count("n_groups", record.n_groups);
    fields.count("n_seeds", record.n_seeds);
    fields.count("n_excluded", record.n_excluded);
    fields.count("b", record.b);
    fields.count("c", record.c);
}

void add_test(Fields& fields, Record const& record)
{
    fields.text("test", record.test.method);
    fields.number("stat", record.test.statistic);
    fields.number("df", record.test.df);
    fields.number("p", record.test.p);
    fields.number("p_min", record.test.p_min);
    fields.number("p_adjusted", record.p_adjusted);
    fields.number("p_min_adjusted", record.p_min_adjusted);
    fields.text("adjust", record.adjust);
    fields.text("family", record.family);
    fields.count("family_size", record.family_size);
    if (record.test.method.empty())
        fields.nothing("cannot_reach");
    else
        fields.flag("cannot_reach", record.cannot_reach);
    fields.number("effect", record.effect.value);
    fields.number("effect_low", record.effect.low);
    fields.number("effect_high", record.effect.high);
    fields.text("effect_name", record.effect.method);
}

void add_gate(Fields& fields, GateFields const& gate)
{
    fields.text("gate_id", gate.id);
    fields.text("op", gate.op);
    fields.number("threshold", gate.threshold);
    fields.text("mode", gate.mode);
    fields.text("outcome", gate.outcome);
    fields.text("outcome_point", gate.outcome_point);
    fields.text("settle", gate.settle);
}

/// Names of the pairs of all records in order of appearance.
std::vector<std::string> names_in(std::vector<Record> const& records, Record::Pairs Record::*pairs)
{
    std::vector<std::string> names;
    std::set<std::string> seen;
    for (auto const& record : records) {
        for (auto const& [name, value] : record.*pairs) {
            if (seen.insert(name).second) names.push_back(name);
        }
    }
    return names;
}

/// The records of a report as rows of one table.
class Rows
{
  public:
    explicit Rows(Report const& report)
        : report_(report),
          axes_(names_in(report.records, &Record::condition)),
          details_(names_in(report.records, &Record::details))
    {
        for (std::size_t i = 0; i < report.records.size(); ++i)
            order_.emplace_back(record_id(report.records[i]), i);
        std::sort(order_.begin(), order_.end());
        auto const fields = fields_of({}, "", {}, {});
        for (auto const& field : fields.all())
            fixed_.insert(field.name);
    }

    std::size_t size() const { return order_.size(); }
    Fields row(std::size_t i) const
    {
        auto const& [id, record] = order_[i];
        return fields_of(report_.records[record], id, axes_, details_);
    }
    Fields names() const { return fields_of({}, "", axes_, details_); }

  private:
    Fields fields_of(Record const& record, std::string const& id, std::vector<std::string> const& axes,
                     std::vector<std::string> const& details) const
    {
        Fields fields;
        fields.text("record_id", id);
        fields.text("kind", record.kind);
        fields.text("experiment", report_.origin.experiment);
        fields.text("item_set", record.item_set);
        for (auto const& axis : axes)
            fields.text(column_name(axis, "axis."), value_of(record.condition, axis));
        fields.text("arm_a", record.arm);
        fields.text("method_a", record.method);
        fields.text("arm_b", record.arm_b);
        fields.text("method_b", record.method_b);
        fields.text("seed_set", record.seed_set);
        fields.text("metric", record.metric);
        fields.text("params", pairs_text(record.params));
        for (auto const& name : details)
            fields.text(column_name(name, "detail."), value_of(record.details, name));
        fields.text("scope", record.scope);
        fields.text("design", record.design);
        add_estimate(fields, record);
        add_resampling(fields, record.resampling);
        add_sample(fields, record);
        add_test(fields, record);
        add_gate(fields, record.gate);
        bool const is_test = record.kind == "test";
        fields.text("status", std::string{stats::name_of(is_test ? record.test.status : record.estimate.status)});
        fields.text("note", note_of(record));
        fields.text("input_fingerprint", report_.origin.input_fingerprint);
        fields.text("code_version", report_.origin.code_version);
        return fields;
    }

    /// An axis may have the name of a field, or a detail that of an axis.
    std::string column_name(std::string const& name, std::string const& prefix) const
    {
        bool const is_taken = fixed_.count(name) != 0 ||
                              (prefix == "detail." && std::find(axes_.begin(), axes_.end(), name) != axes_.end());
        return is_taken ? prefix + name : name;
    }

    Report const& report_;
    std::vector<std::string> axes_, details_;
    std::vector<std::pair<std::string, std::size_t>> order_;  ///< record_id, place in the report
    std::set<std::string> fixed_;
};

}  // namespace

std::string record_id(Record const& record)
{
    std::string id = record.kind;
    auto const add = [&](std::string const& part) { id += "|" + part; };
    add(record.item_set);
    add(pairs_text(record.condition));
    add(record.metric);
    add(pairs_text(record.params));
    add(record.arm + ":" + record.method);
    if (!record.arm_b.empty() || !record.method_b.empty()) add(record.arm_b + ":" + record.method_b);
    if (!record.gate.id.empty()) add(record.gate.id);
    return valid_utf8(id);
}

std::string to_csv(Report const& report)
{
    Rows const rows(report);
    std::string text;
    std::string_view separator;
    auto const names = rows.names();
    for (auto const& field : names.all()) {
        text += separator;
        text += csv_cell(valid_utf8(field.name));
        separator = ",";
    }
    text += "\n";
    for (std::size_t i = 0; i < rows.size(); ++i) {
        separator = "";
        auto const fields = rows.row(i);
        for (auto const& field : fields.all()) {
            text += separator;
            text += csv_cell(field.text);
            separator = ",";
        }
        text += "\n";
    }
    return text;
}

std::string to_json_lines(Report const& report)
{
    Rows const rows(report);
    std::string text;
    for (std::size_t i = 0; i < rows.size(); ++i) {
        std::string_view separator = "{";
        auto const fields = rows.row(i);
        for (auto const& field : fields.all()) {
            text += separator;
            separator = ", ";
            base::append_quoted(text, valid_utf8(field.name));
            text += ": ";
            if (field.text.empty())
                text += "null";
            else if (field.is_text)
                base::append_quoted(text, field.text);
            else
                text += field.text;
        }
        text += "}\n";
    }
    return text;
}

}  // namespace ablatrix::report
