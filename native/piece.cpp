#include "piece.h"

namespace {

void* after(void* memory, size_t bytes) { return memory ? static_cast<char*>(memory) + bytes : nullptr; }

}  // namespace

Piece partOf(Piece piece, size_t from, size_t to) {
  piece.length = to - from;
  piece.parameter = after(piece.parameter, from * sizeOf(piece.type));
  piece.gradient = after(piece.gradient, from * (piece.gradientIsFloat32 ? sizeof(float) : sizeOf(piece.type)));
  for (void*& state : piece.state) state = after(state, from * sizeOf(piece.stateType));
  for (void*& common : piece.common) common = after(common, from * sizeOf(wideOf(piece.type)));
  for (float*& scale : piece.scale) scale = static_cast<float*>(after(scale, from / kBlock * sizeof(float)));
  piece.block += static_cast<uint32_t>(from / kBlock);
  return piece;
}
