#include "model_inputs.hpp"

#include <cstdio>
#include <iostream>
#include <utility>

#include <unistd.h>

#include <ablatrix/base/error.hpp>
#include <ablatrix/base/text.hpp>
#include <ablatrix/data/text_columns.hpp>
#include <ablatrix/mpi/devices.hpp>
#include <ablatrix/nn/softmax_regression.hpp>

namespace ablatrix::app {

nn::Compute compute_of(Arguments const& arguments)
{
    nn::Compute compute;
    auto const device = arguments.get("device", "auto");
    if (device == "auto")
        compute.device = nn::torch_report(false).cuda ? "cuda:0" : "cpu";
    else if (device == "cuda")
        compute.device = "cuda:0";
    else if (device == "cpu" || device.starts_with("cuda:"))
        compute.device = device;
    else
        throw UsageError("--device is '" + device + "', expected auto, cpu, cuda or cuda:NUMBER.");

    auto const precision = arguments.get("precision", "fp32");
    if (precision == "tf32")
        compute.precision = nn::Precision::tf32;
    else if (precision == "bf16")
        compute.precision = nn::Precision::bf16;
    else if (precision != "fp32")
        throw UsageError("--precision is '" + precision + "', expected fp32, tf32 or bf16.");

    auto const cores = std::to_string(mpi::visible_devices().cores);
    compute.threads = static_cast<int>(parse_integer("--threads", arguments.get("threads", cores), 1, 4096));
    return compute;
}

int max_length_of(Arguments const& arguments)
{
    if (!arguments.has("max-length")) return 0;
    return static_cast<int>(parse_integer("--max-length", arguments.get("max-length"), 2, 1000000));
}

std::vector<std::string> text_columns(Arguments const& arguments)
{
    std::vector<std::string> columns{arguments.get("text", "text")};
    if (arguments.has("text2")) columns.push_back(arguments.get("text2"));
    return columns;
}

Texts read_texts(Arguments const& arguments)
{
    auto const table = arguments.get("TABLE");
    if (table == "-") {
        if (arguments.has("text") || arguments.has("text2")) {
            throw UsageError(
                "standard input has one text a line and no columns: leave --text and --text2 out, or name a "
                "table.");
        }
        Texts texts;
        for (std::string line; std::getline(std::cin, line);) {
            if (line.ends_with('\r')) line.pop_back();
            texts.first.push_back(std::move(line));
        }
        ABLATRIX_VALIDATE(!texts.first.empty(), "standard input is empty. Give one text a line");
        return texts;
    }
    auto const columns = text_columns(arguments);
    auto read = data::load_text_columns(table, columns);
    return {std::move(read.front()), columns.size() == 2 ? std::move(read.back()) : std::vector<std::string>{}};
}

WorkProgress::WorkProgress(std::size_t total, std::string what)
    : total_(total), what_(std::move(what)), on_terminal_(::isatty(STDERR_FILENO) != 0)
{}

WorkProgress::~WorkProgress()
{
    if (on_terminal_ && shown_) std::fputc('\n', stderr);
}

void WorkProgress::begin_at(std::size_t done)
{
    before_ = done;
    start_ = Clock::now();
}

void WorkProgress::show(std::size_t done, std::string const& note)
{
    auto const now = Clock::now();
    auto const pause = on_terminal_ ? std::chrono::milliseconds{500} : std::chrono::milliseconds{10000};
    if (now - last_ < pause && !(shown_ && done == total_)) return;
    last_ = now;
    shown_ = true;
    double const seconds = std::chrono::duration<double>(now - start_).count();
    auto const made = static_cast<double>(done - before_);
    double const left = made <= 0 ? 0 : seconds / made * static_cast<double>(total_ - done);
    std::fprintf(stderr, on_terminal_ ? "\r\x1b[K%zu of %zu %s, %s left%s" : "%zu of %zu %s, %s left%s\n", done, total_,
                 what_.c_str(), base::human_seconds(left).c_str(), note.c_str());
}

}  // namespace ablatrix::app
