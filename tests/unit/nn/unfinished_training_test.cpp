#include <c10/core/GradMode.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <functional>
#include <iterator>
#include <string>
#include <vector>

#include <ablatrix/base/error.hpp>

#include "src/nn/detail/fine_tune.hpp"
#include "support/temporary_folder.hpp"
#include "unit/nn/sample_training.hpp"

namespace ablatrix::nn::detail {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;
using ::testing::SizeIs;

constexpr std::size_t row_count = 21;   // 6 batches of 4 an epoch, the last of one row
constexpr std::int64_t all_steps = 12;  // of options(): 2 epochs
constexpr FineTuneSeed seed{.seed = 7, .fold = 1};

/// Stands for the end of the process.
struct Killed
{};

/// What a training leaves: parameters and what it showed.
struct Outcome
{
    std::vector<float> encoder, head, loss, train_margin, eval_margin;
    std::vector<double> epoch_loss;
    double final_loss = 0;

    bool operator==(Outcome const&) const = default;
};

class UnfinishedTraining : public ::testing::Test
{
  protected:
    /// A new network, trained to the end, or until \p killed_at steps are done. Saves its state after every step.
    Outcome train(FineTuneOptions const& recipe, fs::path const& file, std::int64_t killed_at = 0)
    {
        Classifier classifier(network_);
        before_(classifier);
        auto modules = classifier.modules();
        modules.config = config_;
        FineTuneRun run{.record_dynamics = true, .unfinished = file, .save_every_s = 0};
        first_step_ = 0;
        run.progress = [&](FineTuneProgress const& at) {
            if (first_step_ == 0) first_step_ = at.step;
            if (at.step == killed_at) throw Killed{};
        };
        auto const shown = fine_tune(modules, {rows_.tokens, rows_.labels, {}}, recipe, seed, run);
        return {classifier.encoder(), classifier.head(), shown.loss,      shown.train_margin,
                shown.eval_margin,    shown.epoch_loss,  shown.final_loss};
    }

    /// A training that was killed while it did step \p step.
    void leave_unfinished(FineTuneOptions const& recipe, std::int64_t step)
    {
        EXPECT_THROW(train(recipe, file_, step), Killed);
        EXPECT_EQ(fs::exists(file_), step > 1);
    }

    std::string bytes() const
    {
        std::ifstream in(file_, std::ios::binary);
        return {std::istreambuf_iterator<char>(in), {}};
    }

    void write(std::string const& bytes) const { std::ofstream(file_, std::ios::binary) << bytes; }

    /// That it is put aside, and training starts anew and ends as it should.
    void expect_set_aside(FineTuneOptions const& recipe, Outcome const& expected, char const* reason)
    {
        ::testing::internal::CaptureStderr();
        EXPECT_EQ(train(recipe, file_), expected);
        EXPECT_THAT(::testing::internal::GetCapturedStderr(), HasSubstr(reason));
        EXPECT_EQ(first_step_, 1);
        EXPECT_TRUE(fs::exists(file_.string() + ".set-aside"));
    }

    Rows rows_{row_count};
    EncoderConfig network_ = tiny_bert();
    std::string config_;
    std::function<void(Classifier&)> before_ = [](Classifier&) {};  ///< what is done to a network before its training
    test::TemporaryFolder folder_;
    fs::path file_ = folder_.path() / "kept" / "training.safetensors";
    std::int64_t first_step_ = 0;
};

TEST_F(UnfinishedTraining, GoesOnToTheSameBitsWhereverItWasKilled)
{
    auto const undisturbed = train(options(), {});
    ASSERT_GT(undisturbed.loss.size(), row_count);
    for (std::int64_t step = 1; step <= all_steps; ++step) {
        fs::remove_all(file_.parent_path());
        leave_unfinished(options(), step);
        EXPECT_EQ(train(options(), file_), undisturbed) << "killed in step " << step;
        EXPECT_EQ(first_step_, step) << "what was done is not done again";
    }
}

TEST_F(UnfinishedTraining, SurvivesBeingKilledAgainAndAgain)
{
    auto const undisturbed = train(options(), {});
    for (std::int64_t step = 2; step <= all_steps; ++step)
        leave_unfinished(options(), step);
    EXPECT_EQ(train(options(), file_), undisturbed);
    EXPECT_EQ(first_step_, all_steps);
}

TEST_F(UnfinishedTraining, KeepsAccumulationWeightsOfAHeadAndSchedules)
{
    auto recipe = options();
    recipe.accumulation = 2;
    recipe.trained = Trained::head;
    recipe.schedule = "cosine";
    auto const undisturbed = train(recipe, {});
    leave_unfinished(recipe, 5);
    EXPECT_EQ(train(recipe, file_), undisturbed);
    EXPECT_EQ(first_step_, 5);
}

TEST_F(UnfinishedTraining, AnotherTrainingsStateIsSetAside)
{
    auto other = options();
    other.learning_rate *= 2;
    leave_unfinished(other, 4);
    expect_set_aside(options(), train(options(), {}), "other settings or data");

    fs::remove_all(file_.parent_path());
    leave_unfinished(options(), 4);
    auto const before = rows_.labels[3];
    rows_.labels[3] = (before + 1) % 3;
    expect_set_aside(options(), train(options(), {}), "other settings or data");
}

TEST_F(UnfinishedTraining, AnotherNetworksStateIsSetAside)
{
    config_ = R"({"hidden_dropout_prob": 0.2})";
    leave_unfinished(options(), 4);
    config_ = R"({"hidden_dropout_prob": 0.1})";
    expect_set_aside(options(), train(options(), {}), "other settings or data");

    auto of_the_head = options();
    of_the_head.trained = Trained::head;
    fs::remove_all(file_.parent_path());
    before_ = [](Classifier& classifier) {
        c10::NoGradGuard const no_gradients;
        classifier.sample.backbone->parameters().front().mul_(2);
    };
    leave_unfinished(of_the_head, 4);
    before_ = [](Classifier&) {};
    expect_set_aside(of_the_head, train(of_the_head, {}), "other settings or data");
}

TEST_F(UnfinishedTraining, ShowsTheNetworkThatItEndedWith)
{
    network_ = read_encoder_config(fs::path(ABLATRIX_SOURCE_DIR) / "tests/parity/models/deberta-tiny-a");
    auto const undisturbed = train(options(), {});
    Classifier classifier(network_);
    FineTuneRun run{.record_dynamics = true, .unfinished = file_, .save_every_s = 3600};
    int steps = 0;
    run.must_stop = [&] { return ++steps == all_steps; };
    EXPECT_THROW(fine_tune(classifier.modules(), {rows_.tokens, rows_.labels, {}}, options(), seed, run),
                 TrainingStopped);
    before_ = [this](Classifier& other) { evaluate(other.modules(), rows_.tokens); };
    EXPECT_EQ(train(options(), file_), undisturbed) << "nothing is left of the weights that were evaluated before";
}

TEST_F(UnfinishedTraining, ADamagedStateIsSetAside)
{
    auto const undisturbed = train(options(), {});
    leave_unfinished(options(), 4);
    auto const whole = bytes();
    ASSERT_GT(whole.size(), 10000u);

    write(whole.substr(0, whole.size() / 2));
    expect_set_aside(options(), undisturbed, "cannot be continued");
    auto flipped = whole;
    flipped[whole.size() - 1000] = static_cast<char>(flipped[whole.size() - 1000] ^ 1);
    write(flipped);
    expect_set_aside(options(), undisturbed, "checksum");
    write("");
    expect_set_aside(options(), undisturbed, "cannot be continued");
    write(R"(nothing of ours at all)");
    expect_set_aside(options(), undisturbed, "cannot be continued");
}

TEST_F(UnfinishedTraining, NoByteOfTheHeaderCanBeChangedUnnoticed)
{
    auto recipe = options();
    recipe.epochs = 1;
    auto const undisturbed = train(recipe, {});
    leave_unfinished(recipe, 3);
    auto const whole = bytes();
    auto const header_end = whole.find(R"("adamw.first")");
    ASSERT_NE(header_end, std::string::npos);
    ::testing::internal::CaptureStderr();
    for (std::size_t at = 8; at < header_end; at += 3) {
        auto changed = whole;
        changed[at] = static_cast<char>(changed[at] ^ 2);
        write(changed);
        EXPECT_EQ(train(recipe, file_), undisturbed) << "byte " << at;
    }
    ::testing::internal::GetCapturedStderr();
}

TEST_F(UnfinishedTraining, ADiskThatCannotTakeItDoesNotEndTheTraining)
{
    auto const undisturbed = train(options(), {});
    write("");  // no folder yet: nothing is written
    std::ofstream(file_.parent_path()) << "a file where the folder should be";
    ::testing::internal::CaptureStderr();
    EXPECT_EQ(train(options(), file_), undisturbed);
    auto const told = ::testing::internal::GetCapturedStderr();
    EXPECT_THAT(told, HasSubstr("its state cannot be saved"));
    EXPECT_EQ(told.find("cannot be saved"), told.rfind("cannot be saved")) << "once is enough";
}

TEST_F(UnfinishedTraining, StopsWhenItMustAndGoesOnThere)
{
    auto const undisturbed = train(options(), {});
    for (int const stop_at : {1, 5, 6, 12}) {
        Classifier classifier;
        int steps = 0;
        FineTuneRun const run{.record_dynamics = true, .unfinished = file_, .save_every_s = 3600, .must_stop = [&] {
                                  return ++steps == stop_at;
                              }};
        EXPECT_THROW(fine_tune(classifier.modules(), {rows_.tokens, rows_.labels, {}}, options(), seed, run),
                     TrainingStopped);
        EXPECT_EQ(train(options(), file_), undisturbed);
        EXPECT_EQ(first_step_, stop_at < all_steps ? stop_at + 1 : 0);
        fs::remove_all(file_.parent_path());
    }
}

TEST_F(UnfinishedTraining, GoesOnWhenItMustStopButCannotSave)
{
    Classifier classifier;
    write("");
    std::ofstream(file_.parent_path()) << "a file where the folder should be";
    ::testing::internal::CaptureStderr();
    FineTuneRun const run{.unfinished = file_, .must_stop = [] { return true; }};
    EXPECT_NO_THROW(fine_tune(classifier.modules(), {rows_.tokens, rows_.labels, {}}, options(), seed, run));
    EXPECT_THAT(::testing::internal::GetCapturedStderr(), HasSubstr("its state cannot be saved"));
    EXPECT_NO_THROW(fine_tune(classifier.modules(), {rows_.tokens, rows_.labels, {}}, options(), seed,
                              {.must_stop = [] { return true; }}));
}

TEST_F(UnfinishedTraining, NothingIsSavedBeforeItIsTime)
{
    Classifier classifier;
    FineTuneRun const run{.unfinished = file_, .save_every_s = 3600};
    fine_tune(classifier.modules(), {rows_.tokens, rows_.labels, {}}, options(), seed, run);
    EXPECT_FALSE(fs::exists(file_));
}

}  // namespace
}  // namespace ablatrix::nn::detail
