/// Fine-tuning for one epoch with nn::TextClassifier, timed. Leaves in a folder what finetune_reference.py needs to do
/// the same: the classifier before training and the rows in the order of training. See README.md.

#include <chrono>
#include <cstdint>
#include <cstdio>
#include <ctime>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <span>
#include <string>
#include <vector>

#include <ablatrix/base/random.hpp>
#include <ablatrix/nn/text_classifier.hpp>

namespace {

namespace nn = ablatrix::nn;
using Clock = std::chrono::steady_clock;

struct Arguments
{
    std::string model, rows, folder, device = "cpu", precision = "fp32";
    std::size_t count = 2048;
    int batch = 64, max_length = 128, threads = 2;
    bool dropout = true;
};

Arguments parse(int argc, char** argv)
{
    Arguments out;
    for (int i = 1; i + 1 < argc; i += 2) {
        std::string const name = argv[i], value = argv[i + 1];
        if (name == "--model") out.model = value;
        if (name == "--rows") out.rows = value;
        if (name == "--folder") out.folder = value;
        if (name == "--device") out.device = value;
        if (name == "--precision") out.precision = value;
        if (name == "--count") out.count = std::stoul(value);
        if (name == "--batch") out.batch = std::stoi(value);
        if (name == "--max-length") out.max_length = std::stoi(value);
        if (name == "--threads") out.threads = std::stoi(value);
        if (name == "--dropout") out.dropout = value == "1";
    }
    return out;
}

struct Rows
{
    std::vector<std::string> text;
    std::vector<std::int32_t> label;
};

/// \p count rows of a file "sentence <tab> label" with a header, drawn without replacement.
Rows draw_rows(std::string const& file, std::size_t count)
{
    Rows all, out;
    std::ifstream in(file);
    std::string line;
    std::getline(in, line);
    while (std::getline(in, line)) {
        auto const tab = line.rfind('\t');
        all.text.push_back(line.substr(0, tab));
        all.label.push_back(std::stoi(line.substr(tab + 1)));
    }
    ablatrix::base::Stream stream(42, "finetune_bench");
    for (auto const i : stream.sample(all.text.size(), std::min(count, all.text.size()))) {
        out.text.push_back(all.text[i]);
        out.label.push_back(all.label[i]);
    }
    return out;
}

/// In the order of the only epoch: the stream that nn::TextClassifier documents.
void write_in_order(Rows const& rows, nn::FineTuneSeed seed, std::filesystem::path const& file)
{
    std::vector<std::size_t> order(rows.text.size());
    for (std::size_t i = 0; i < order.size(); ++i)
        order[i] = i;
    ablatrix::base::Stream stream(static_cast<std::uint64_t>(seed.seed), "batch_order", seed.fold << 32U);
    stream.shuffle(std::span(order));
    std::ofstream out(file);
    for (auto const i : order)
        out << rows.text[i] << '\t' << rows.label[i] << '\n';
}

nn::Precision precision_of(std::string const& name)
{
    if (name == "bf16") return nn::Precision::bf16;
    return name == "tf32" ? nn::Precision::tf32 : nn::Precision::fp32;
}

}  // namespace

int main(int argc, char** argv)
{
    Arguments const arguments = parse(argc, argv);
    if (arguments.model.empty() || arguments.rows.empty() || arguments.folder.empty()) {
        std::cerr
            << "usage: finetune_bench --model FOLDER --rows SST2.tsv --folder OUTPUT [--count N] [--batch N]\n"
               "       [--max-length N] [--threads N] [--dropout 0|1] [--device D] [--precision fp32|tf32|bf16]\n";
        return 1;
    }
    nn::FineTuneSeed const seed{.seed = 42, .fold = 0};
    auto const rows = draw_rows(arguments.rows, arguments.count);
    auto classifier = nn::TextClassifier::with_new_head(
        arguments.model, {"negative", "positive"}, seed,
        {.device = arguments.device, .precision = precision_of(arguments.precision), .threads = arguments.threads});
    std::filesystem::create_directories(arguments.folder);
    classifier.save(std::filesystem::path(arguments.folder) / "model");
    write_in_order(rows, seed, std::filesystem::path(arguments.folder) / "rows.tsv");

    nn::FineTuneOptions options;
    options.epochs = 1;
    options.batch = arguments.batch;
    options.max_length = arguments.max_length;
    options.dropout = arguments.dropout;
    std::string losses;
    auto const start = Clock::now();
    auto const processor_start = std::clock();
    auto const note = [&](nn::FineTuneProgress const& progress) {
        char text[32];
        std::snprintf(text, sizeof text, "%s%.9g", losses.empty() ? "" : ", ", progress.loss);
        losses += text;
    };
    classifier.fine_tune(rows.text, {}, rows.label, {}, options, seed, {.progress = note});
    double const seconds = std::chrono::duration<double>(Clock::now() - start).count();
    double const processor = static_cast<double>(std::clock() - processor_start) / CLOCKS_PER_SEC;
    auto const examples = static_cast<double>(rows.text.size());
    std::printf(
        "{\"program\": \"ablatrix\", \"examples\": %zu, \"seconds\": %.3f, \"processor_s\": %.3f, "
        "\"examples_per_s\": %.2f, \"losses\": [%s]}\n",
        rows.text.size(), seconds, processor, examples / seconds, losses.c_str());
    return 0;
}
