/// Bootstrap of AUROC and average precision of many methods, timed. See README.md.

#include <sys/resource.h>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <fstream>
#include <span>
#include <string>
#include <vector>

#include <ablatrix/base/random.hpp>
#include <ablatrix/stats/bootstrap.hpp>

namespace {

namespace stats = ablatrix::stats;

struct Arguments
{
    std::size_t items = 25000;
    std::size_t methods = 12;
    std::size_t resamples = 10000;
    int threads = 2;
    std::string write_scores;  // raw file for the numpy program: labels as bytes, then float64 columns
};

Arguments parse(int argc, char** argv)
{
    Arguments arguments;
    for (int i = 1; i + 1 < argc; i += 2) {
        std::string const name = argv[i];
        std::string const value = argv[i + 1];
        if (name == "--items") arguments.items = std::stoul(value);
        if (name == "--methods") arguments.methods = std::stoul(value);
        if (name == "--resamples") arguments.resamples = std::stoul(value);
        if (name == "--threads") arguments.threads = std::stoi(value);
        if (name == "--write-scores") arguments.write_scores = value;
    }
    return arguments;
}

/// Peak memory in MB. Not from getrusage, which counts what the process held before it became this program.
double peak_memory()
{
    std::ifstream file("/proc/self/status");
    for (std::string word; file >> word;) {
        double kilobytes = 0;
        if (word == "VmHWM:" && file >> kilobytes) return kilobytes / 1024;
    }
    return 0;
}

double uniform(ablatrix::base::Stream& stream)
{
    return static_cast<double>(stream.below(1U << 30)) / (1U << 30);
}

}  // namespace

int main(int argc, char** argv)
{
    Arguments const arguments = parse(argc, argv);
    std::vector<std::uint8_t> label(arguments.items);
    for (std::size_t i = 0; i < label.size(); ++i)
        label[i] = i % 10 == 0 ? 1 : 0;  // 10 % noise
    std::vector<std::vector<double>> scores(arguments.methods, std::vector<double>(arguments.items));
    for (std::size_t m = 0; m < scores.size(); ++m) {
        ablatrix::base::Stream stream(1, "statistics_bench", m);
        double const signal = 0.6 * static_cast<double>(m) / static_cast<double>(scores.size());
        for (std::size_t i = 0; i < label.size(); ++i)
            scores[m][i] = uniform(stream) + uniform(stream) + uniform(stream) + signal * label[i];
    }
    if (!arguments.write_scores.empty()) {
        std::ofstream file(arguments.write_scores, std::ios::binary);
        file.write(reinterpret_cast<char const*>(label.data()), static_cast<std::streamsize>(label.size()));
        for (std::vector<double> const& column : scores) {
            file.write(reinterpret_cast<char const*>(column.data()),
                       static_cast<std::streamsize>(column.size() * sizeof(double)));
        }
    }

    stats::SeedItems items{label, {}, {scores.begin(), scores.end()}};
    std::vector<stats::MetricSpec> const metrics = {{stats::Metric::auroc}, {stats::Metric::average_precision}};
    stats::BootstrapOptions options;
    options.frame = "bench";
    options.resamples = arguments.resamples;
    options.threads = arguments.threads;

    auto const start = std::chrono::steady_clock::now();
    stats::Bootstrap const boot(std::span(&items, 1), metrics, options);
    std::vector<stats::Estimate> intervals;
    for (std::size_t m = 0; m < arguments.methods; ++m) {
        for (std::size_t metric = 0; metric < metrics.size(); ++metric)
            intervals.push_back(boot.interval(m, metric));
    }
    double const seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();

    rusage usage{};
    getrusage(RUSAGE_SELF, &usage);
    double const cpu = static_cast<double>(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
                       1e-6 * static_cast<double>(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec);
    std::printf(
        "{\"items\": %zu, \"methods\": %zu, \"resamples\": %zu, \"threads\": %d, \"seconds\": %.3f, "
        "\"cpu_seconds\": %.3f, \"peak_mb\": %.0f, \"intervals\": [",
        arguments.items, arguments.methods, arguments.resamples, arguments.threads, seconds, cpu, peak_memory());
    for (std::size_t k = 0; k < intervals.size(); ++k) {
        std::printf("%s[%.17g, %.17g, %.17g]", k == 0 ? "" : ", ", intervals[k].value, intervals[k].low,
                    intervals[k].high);
    }
    std::printf("]}\n");
    return 0;
}
