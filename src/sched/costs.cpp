#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <fstream>
#include <optional>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

#include <ablatrix/base/error.hpp>
#include <ablatrix/base/log.hpp>
#include <ablatrix/base/text.hpp>
#include <ablatrix/sched/costs.hpp>

namespace ablatrix::sched {
namespace {

constexpr double default_seconds_per_unit = 1e-4;  // rows of a small model on one core
constexpr double default_record_seconds = 1e-3;
constexpr double count_cap = 200;
constexpr double trusted_count = 5;
constexpr double outlier_factor = 4;
constexpr char const* header = "# stage kind\tseconds per cost unit\tmeasurements";

std::optional<double> parse_positive(std::string_view text)
{
    double value = 0;
    auto const [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc{} || end != text.data() + text.size() || !std::isfinite(value) || value <= 0) return {};
    return value;
}

}  // namespace

void CostModel::Mean::add(double value)
{
    if (count >= trusted_count) value = std::min(value, outlier_factor * seconds_per_unit);
    seconds_per_unit = (seconds_per_unit * count + value) / (count + 1);
    count = std::min(count + 1, count_cap);
}

void CostModel::Mean::add(Mean const& other)
{
    if (other.count <= 0) return;
    seconds_per_unit = (seconds_per_unit * count + other.seconds_per_unit * other.count) / (count + other.count);
    count = std::min(count + other.count, count_cap);
}

CostModel::CostModel(std::filesystem::path file) : file_(std::move(file)), earlier_(read(file_)) {}

CostModel::Means CostModel::read(std::filesystem::path const& file)
{
    Means means;
    std::ifstream in{file};
    std::string line;
    for (std::size_t row = 1; std::getline(in, line); ++row) {
        if (line.empty() || line.front() == '#') continue;
        auto const fields = base::split(line, '\t');
        auto const seconds = fields.size() == 3 ? parse_positive(fields[1]) : std::nullopt;
        auto const count = fields.size() == 3 ? parse_positive(fields[2]) : std::nullopt;
        if (!seconds || !count || fields[0].empty()) {
            base::log_warning("skipping a damaged line of learned costs (" + file.string() + ":" + std::to_string(row) +
                              "). They only steer the order of work; the file is written anew at the end.");
            continue;
        }
        means[fields[0]] = Mean{*seconds, std::min(*count, count_cap)};
    }
    return means;
}

CostModel::Estimate CostModel::estimate(std::string_view kind, double cost_units) const
{
    Mean mean;
    if (auto const found = earlier_.find(kind); found != earlier_.end()) mean.add(found->second);
    if (auto const found = session_.find(kind); found != session_.end()) mean.add(found->second);
    double const units = std::max(cost_units, 1e-9);
    if (mean.count > 0) return {mean.seconds_per_unit * units, true};
    if (kind.starts_with("record_")) return {default_record_seconds, false};
    return {default_seconds_per_unit * units, false};
}

void CostModel::observe(std::string const& kind, double cost_units, double seconds)
{
    session_[kind].add(std::max(seconds, 1e-9) / std::max(cost_units, 1e-9));
}

void CostModel::save() const
{
    if (session_.empty()) return;
    Means merged = read(file_);
    for (auto const& [kind, mean] : session_)
        merged[kind].add(mean);

    auto const temporary = file_.string() + ".partial-" + std::to_string(::getpid());
    {
        std::ofstream out{temporary, std::ios::trunc};
        out << header << '\n';
        for (auto const& [kind, mean] : merged) {
            out << kind << '\t' << base::shortest(mean.seconds_per_unit) << '\t' << base::shortest(mean.count) << '\n';
        }
        out.flush();
        ABLATRIX_VALIDATE(out.good(), "cannot write learned costs (" + temporary + "). Is the disk full?");
    }
    std::error_code problem;
    std::filesystem::rename(temporary, file_, problem);
    ABLATRIX_VALIDATE(!problem,
                      "cannot put learned costs in place (" + file_.string() + ": " + problem.message() + ")");
}

}  // namespace ablatrix::sched
