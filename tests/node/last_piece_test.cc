#include "node/last_piece.h"

#include <optional>
#include <string>

#include "gtest/gtest.h"
#include "node/frames.h"

namespace troupe::internal {
namespace {

std::string BatchWith(absl::string_view first, absl::string_view second) {
  std::string batch;
  BeginBatch(&batch);
  SetBatchHeader(&batch, 7, 5);
  batch.append(first.data(), first.size()).append(second.data(), second.size());
  return batch;
}

std::string Piece(uint64_t total_bytes, absl::string_view data) {
  std::string piece;
  AppendPiece(&piece, total_bytes, data);
  return piece;
}

std::string Cancel() {
  std::string cancel;
  AppendCancel(&cancel, 3);
  return cancel;
}

TEST(LastPieceTest, APieceAtTheEndIsFoundAsSoonAsItsDataBegin) {
  const std::string data(100'000, 'x');
  for (const uint64_t total_bytes : {uint64_t{0}, uint64_t{1'000'000}}) {
    const std::string batch = BatchWith(Cancel(), Piece(total_bytes, data));
    const size_t data_begin = batch.size() - data.size();
    for (size_t known = 0; known < data_begin; ++known) {
      EXPECT_FALSE(FindLastPiece(batch.substr(0, known), batch.size())) << known;
    }
    for (const size_t known : {data_begin, data_begin + 1, batch.size()}) {
      const std::string begin = batch.substr(0, known);
      const std::optional<LastPiece> piece = FindLastPiece(begin, batch.size());
      ASSERT_TRUE(piece) << known;
      EXPECT_EQ(piece->total_bytes, total_bytes);
      EXPECT_EQ(piece->data_begin, data_begin);
      EXPECT_EQ(piece->before, BatchWith(Cancel(), ""));
    }
  }
}

TEST(LastPieceTest, OnlyTheLastFrameCounts) {
  const std::string piece = Piece(1000, std::string(500, 'x'));
  const std::string two = BatchWith(piece, piece);
  const std::optional<LastPiece> found = FindLastPiece(two, two.size());
  ASSERT_TRUE(found);
  EXPECT_EQ(found->before, BatchWith(piece, ""));
  const std::string other = BatchWith(piece, Cancel());
  EXPECT_FALSE(FindLastPiece(other, other.size()));
  EXPECT_FALSE(FindLastPiece(BatchWith("", ""), kBatchHeaderBytes));
  EXPECT_FALSE(FindLastPiece("", 0));
}

TEST(LastPieceTest, ABatchThatDoesNotEndWithItsPieceIsLeftToTheReader) {
  const std::string batch = BatchWith("", Piece(1000, std::string(500, 'x')));
  EXPECT_TRUE(FindLastPiece(batch, batch.size()));
  EXPECT_FALSE(FindLastPiece(batch, batch.size() + 1)) << "the frame ends before the batch";
  EXPECT_FALSE(FindLastPiece(batch.substr(0, 40), batch.size() - 1)) << "it ends behind it";
}

}  // namespace
}  // namespace troupe::internal
