// SPDX-License-Identifier: Apache-2.0
#include "core/infer/queue_places.h"

#include <gtest/gtest.h>

namespace greylag {
namespace {

constexpr int32_t kSlots = 16, kQueue = 64;

// Takes places one by one until refused.
std::vector<QueuePlaces::Place> take_all(QueuePlaces& places, uint64_t client) {
  std::vector<QueuePlaces::Place> taken;
  while (true) {
    auto one = places.take(client, 1);
    if (!one) {
      EXPECT_EQ(one.error().code, ErrorCode::TooManyRequests);
      return taken;
    }
    taken.push_back(std::move(one->front()));
  }
}

TEST(QueuePlacesTest, EachClientLeavesTheNextOneSome) {
  QueuePlaces places(kSlots, kQueue);
  const auto first = take_all(places, 1);
  EXPECT_EQ(first.size(), 16u + 48u);
  const auto second = take_all(places, 2);
  EXPECT_EQ(second.size(), 12u);
  const auto third = take_all(places, 3);
  EXPECT_EQ(third.size(), 3u);
  const auto fourth = take_all(places, 4);
  EXPECT_EQ(fourth.size(), 1u);
  EXPECT_EQ(take_all(places, 5).size(), 0u);
  EXPECT_EQ(places.taken(), kSlots + kQueue);
}

TEST(QueuePlacesTest, OwnerFindsAPlaceWhenClientsHaveTakenAll) {
  QueuePlaces places(kSlots, kQueue);
  std::vector<std::vector<QueuePlaces::Place>> taken;
  for (uint64_t client = 1; client < 6; ++client) taken.push_back(take_all(places, client));
  const auto own = take_all(places, kOwner);
  EXPECT_EQ(own.size(), static_cast<size_t>(kSlots + kQueue));
}

TEST(QueuePlacesTest, OwnerTakesNothingFromClients) {
  QueuePlaces places(kSlots, kQueue);
  const auto own = take_all(places, kOwner);
  EXPECT_EQ(take_all(places, 1).size(), 16u + 48u);
}

TEST(QueuePlacesTest, SmallQueueIsForWhoeverComes) {
  QueuePlaces places(1, 1);
  EXPECT_EQ(take_all(places, 1).size(), 2u);
  QueuePlaces slots_only(2, 0);
  EXPECT_EQ(take_all(slots_only, 1).size(), 2u);
}

TEST(QueuePlacesTest, TakesAllOrNone) {
  QueuePlaces places(1, 7);  // a client's share: 7
  EXPECT_FALSE(places.take(1, 8).ok());
  EXPECT_EQ(places.taken(), 0);
  const auto five = places.take(1, 5);
  ASSERT_TRUE(five.ok());
  EXPECT_EQ(five->size(), 5u);
  EXPECT_FALSE(places.take(1, 3).ok());
  EXPECT_TRUE(places.take(1, 2).ok());
}

TEST(QueuePlacesTest, PlaceIsGivenBackOnce) {
  QueuePlaces places(1, 1);
  {
    auto taken = places.take(1, 2);
    ASSERT_TRUE(taken.ok());
    QueuePlaces::Place moved = std::move(taken->back());
    taken->pop_back();
    EXPECT_EQ(places.taken(), 2);
    taken->front() = std::move(moved);
    EXPECT_EQ(places.taken(), 2);
  }
  EXPECT_EQ(places.taken(), 0);
  EXPECT_TRUE(places.take(1, 2).ok());
}

}  // namespace
}  // namespace greylag
