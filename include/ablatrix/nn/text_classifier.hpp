#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include <ablatrix/nn/encoder.hpp>

namespace ablatrix::nn {

/// Which parameters training changes. probe: the encoder is frozen (evaluation mode), the head alone learns.
enum class Trained
{
    all,
    head
};

/// The recipe of transformers' Trainer (models.md 4): AdamW with two groups, linear warm-up and decay, clipping.
struct FineTuneOptions
{
    int epochs = 3;
    int batch = 64;
    int accumulation = 1;  ///< batches per optimiser step
    double learning_rate = 2e-5;
    double weight_decay = 0.01;
    double beta1 = 0.9, beta2 = 0.999, epsilon = 1e-8;
    double gradient_clip = 1.0;  ///< global norm; 0: none
    double warmup_ratio = 0.1;
    std::string schedule = "linear";  ///< linear | cosine | constant
    bool dropout = true;              ///< at the rates of config.json
    int max_length = 128;             ///< tokens; 0, or more than the positions allow: as many as they allow
    int micro_batch = 0;              ///< rows per forward pass, sorted by length; 0: chosen. Changes rounding only
    Trained trained = Trained::all;
};

/// Streams: (seed, "head_init/<parameter>", fold), (seed, "batch_order", fold * 2^32 + epoch), (seed, "dropout", fold).
struct FineTuneSeed
{
    std::int64_t seed = 0;
    std::uint64_t fold = 0;
};

/// What training showed of each of n rows in E epochs. The [E x n] vectors are empty unless dynamics were recorded.
struct FineTuneDynamics
{
    std::vector<float> loss;          ///< [E x n] cross-entropy, evaluated after each epoch
    std::vector<float> train_margin;  ///< [E x n] logit margin seen by the training forward passes
    std::vector<float> eval_margin;   ///< [E x n] logit margin evaluated after each epoch
    std::vector<double> epoch_loss;   ///< [E] mean loss of the training forward passes, weighted as the rows are
    double final_loss = 0;            ///< mean of the last epoch's `loss`; 0 unless dynamics were recorded
    std::size_t truncated = 0;        ///< rows that max_length cut
};

struct FineTuneProgress
{
    int epoch = 0;                     ///< from 0
    std::int64_t step = 0, steps = 0;  ///< optimiser steps done, of how many
    double loss = 0;                   ///< of the step's batches
};

/// What may be wanted of a training beside its result, which does not depend on any of it.
struct FineTuneRun
{
    bool record_dynamics = false;
    /// Hears of every step; on a device of several at once, as losses are read.
    std::function<void(FineTuneProgress const&)> progress;
    /// A .safetensors file that the training leaves its state in from time to time. If it exists and belongs to this
    /// training (texts, labels, weights, options, seed, config.json, weights at the start, precision, kind of device),
    /// the training goes on there; a file that is damaged or belongs to another is set aside with a warning. It stays
    /// when the training is over: who has put the network away may remove it. Its folder is made when needed. Empty:
    /// nothing is kept.
    std::filesystem::path unfinished;
    double save_every_s = 300;  ///< seconds between two saves, at least, and never for long; 0: after every step
    /// Asked after every step; true ends the training with TrainingStopped once its state is saved. Where no state is
    /// kept, or it cannot be saved, the training goes on.
    std::function<bool()> must_stop;
};

/// A training left its state in FineTuneRun::unfinished because FineTuneRun::must_stop() asked for it.
struct TrainingStopped
{};

/// A sequence classifier: encoder, head and tokenizer.
class TextClassifier
{
  public:
    /// A checkpoint with a classification head. \throws DataError when the head is missing, or is one for several
    /// labels at once or for a number (config.json's problem_type, or one label)
    static TextClassifier load(std::filesystem::path const& folder, Compute const& compute);
    /// A checkpoint's encoder with a new head of \p labels, each parameter drawn from stream (seed, "head_init/<name>",
    /// fold); BERT's pooler, which belongs to pre-training, is kept where the checkpoint has it.
    static TextClassifier with_new_head(std::filesystem::path const& folder, std::vector<std::string> const& labels,
                                        FineTuneSeed seed, Compute const& compute);

    /// \p texts2 empty or one per text (pairs). \p weights empty or one per row: the loss of an optimiser step is
    /// sum(w l) / sum(w) over its batches; rows of weight 0 alone change nothing.
    /// Keyed by (seed, epoch, row): the same numbers up to rounding for any micro-batch. Bit-identical for repeated
    /// runs, and for one that goes on where another one died.
    /// \throws Error without rows, for a label out of range, and when the loss is not finite, with epoch and step
    FineTuneDynamics fine_tune(std::span<std::string const> texts, std::span<std::string const> texts2,
                               std::span<std::int32_t const> labels, std::span<float const> weights,
                               FineTuneOptions const& options, FineTuneSeed seed, FineTuneRun const& run = {});

    struct Output
    {
        std::vector<float> logits;    ///< [n x labels]
        std::vector<float> features;  ///< [n x hidden] last hidden state of the first token (BART: of the last eos)
        std::size_t truncated = 0;    ///< rows that max_length cut
    };
    Output classify(std::span<std::string const> texts, std::span<std::string const> texts2, int max_length,
                    bool features = false) const;

    /// A folder that transformers' AutoModelForSequenceClassification loads.
    void save(std::filesystem::path const& folder) const;
    EncoderConfig const& config() const;

    class Impl;
    explicit TextClassifier(std::shared_ptr<Impl> impl);

  private:
    std::shared_ptr<Impl> impl_;
};

}  // namespace ablatrix::nn
