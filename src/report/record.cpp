#include <ablatrix/report/report.hpp>

#include <cmath>
#include <set>
#include <string_view>
#include <utility>

#include <ablatrix/base/text.hpp>

#include "detail/format.hpp"

namespace ablatrix::report {

using detail::csv_cell;

namespace {

/// A value as text; only texts are quoted, and nothing at all is null.
struct Field
{
    std::string name;
    std::string text;
    bool is_text = false;
};

/// Fields in a fixed order, one for every axis: the same names serve CSV and JSON.
class Fields
{
  public:
    void add(std::string const& name, std::string const& text) { fields_.push_back({name, text, true}); }
    void number(std::string const& name, double value)
    {
        fields_.push_back({name, std::isfinite(value) ? base::shortest(value) : "", false});
    }
    void count(std::string const& name, std::int64_t value)
    {
        fields_.push_back({name, value < 0 ? "" : std::to_string(value), false});
    }
    void flag(std::string const& name, bool value) { fields_.push_back({name, value ? "true" : "false", false}); }
    std::vector<Field> const& all() const { return fields_; }

  private:
    std::vector<Field> fields_;
};

std::vector<std::string> axis_names(std::vector<Record> const& records)
{
    std::vector<std::string> names;
    std::set<std::string> seen;
    for (auto const& record : records) {
        for (auto const& [axis, value] : record.condition) {
            if (seen.insert(axis).second) names.push_back(axis);
        }
    }
    return names;
}

Fields fields_of(Record const& record, std::vector<std::string> const& axes)
{
    Fields fields;
    fields.add("kind", record.kind);
    fields.add("item_set", record.item_set);
    for (auto const& axis : axes) {
        std::string text;
        for (auto const& [name, value] : record.condition) {
            if (name == axis) text = value;
        }
        fields.add(axis, text);
    }
    fields.add("metric", record.metric);
    fields.add("arm", record.arm);
    fields.add("method", record.method);
    fields.add("arm_b", record.arm_b);
    fields.add("method_b", record.method_b);
    fields.add("seed", record.seed);
    fields.number("value", record.estimate.value);
    fields.number("ci_low", record.estimate.low);
    fields.number("ci_high", record.estimate.high);
    fields.number("level", record.estimate.level);
    fields.add("interval", record.estimate.method);
    fields.add("scope", record.scope);
    fields.add("design", record.design);
    fields.count("n_seeds", record.n_seeds);
    fields.count("n_excluded", record.n_excluded);
    fields.count("n_items", record.n_items);
    fields.count("b", record.b);
    fields.count("c", record.c);
    fields.add("test", record.test.method);
    fields.number("stat", record.test.statistic);
    fields.number("df", record.test.df);
    fields.number("p", record.test.p);
    fields.number("p_min", record.test.p_min);
    fields.number("p_adjusted", record.p_adjusted);
    fields.number("p_min_adjusted", record.p_min_adjusted);
    fields.add("adjust", record.family.empty() ? "" : "holm");
    fields.add("family", record.family);
    fields.count("family_size", record.family_size);
    fields.flag("cannot_reach", record.cannot_reach);
    fields.add("status", std::string{stats::name_of(record.estimate.status)});
    std::string note = record.estimate.note;
    if (!record.test.note.empty() && record.test.note != note) note += (note.empty() ? "" : ", ") + record.test.note;
    fields.add("note", note);
    return fields;
}

}  // namespace

std::string to_csv(std::vector<Record> const& records)
{
    auto const axes = axis_names(records);
    std::string text;
    std::string_view separator;
    auto const names = fields_of({}, axes);
    for (auto const& field : names.all()) {
        text += separator;
        text += csv_cell(field.name);
        separator = ",";
    }
    text += "\n";
    for (auto const& record : records) {
        separator = "";
        auto const fields = fields_of(record, axes);
        for (auto const& field : fields.all()) {
            text += separator;
            text += csv_cell(field.text);
            separator = ",";
        }
        text += "\n";
    }
    return text;
}

std::string to_json(std::vector<Record> const& records)
{
    auto const axes = axis_names(records);
    std::string text = "[";
    std::string_view line_end = "\n";
    for (auto const& record : records) {
        text += line_end;
        text += '{';
        line_end = ",\n";
        std::string_view separator;
        auto const fields = fields_of(record, axes);
        for (auto const& field : fields.all()) {
            text += separator;
            separator = ", ";
            base::append_quoted(text, field.name);
            text += ": ";
            if (field.is_text)
                base::append_quoted(text, field.text);
            else
                text += field.text.empty() ? "null" : field.text;
        }
        text += "}";
    }
    return text + "\n]\n";
}

}  // namespace ablatrix::report
