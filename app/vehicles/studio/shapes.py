"""The silhouettes: cars in profile facing left, 0.2 units to the millimetre, standing on y = 540."""

from __future__ import annotations

import math
from dataclasses import dataclass

GROUND = 540.0


@dataclass(frozen=True)
class Shape:
    """Outline and glass as SVG path data, the outline from the front's lower edge over the roof to the rear's lower edge."""

    outline: str
    glass: str
    # A line that runs along the flank, and the edge of the light that falls on the shoulder.
    crease: str
    shoulder: str
    # x of the axles, radius of the tyres
    front: float
    rear: float
    wheel: float
    sill: float
    # x of the door cuts and of the pillars that divide the glass, from below to above
    doors: tuple[str, ...]
    pillars: tuple[str, ...]
    handles: tuple[tuple[float, float], ...]
    mirror: tuple[float, float]
    headlight: str
    taillight: str
    # lower front and rear corners of the body
    nose: tuple[float, float]
    tail: tuple[float, float]

    @property
    def axle_y(self) -> float:
        return GROUND - self.wheel

    def body(self) -> str:
        """The whole closed outline with its wheel arches."""
        return f"{self.outline} {self._arch(self.rear)} {self._arch(self.front)} L {self.nose[0]} {self.nose[1]} Z"

    def _arch(self, axle: float) -> str:
        radius = self.wheel + 9
        half = math.sqrt(radius**2 - (self.sill - self.axle_y) ** 2)
        return f"L {axle + half:.1f} {self.sill} A {radius} {radius} 0 1 0 {axle - half:.1f} {self.sill}"


SHAPES = {
    "sedan": Shape(
        outline="M 131 497 C 120 478 117 452 124 430 C 130 413 152 402 186 393 C 258 374 336 362 402 354 C 452 318 512 270 604 259 "
        "C 676 251 752 257 814 278 C 880 301 934 334 986 350 C 1022 355 1050 357 1064 362 C 1073 367 1072 380 1071 398 "
        "C 1077 430 1076 466 1064 497",
        glass="M 433 351 C 480 314 534 279 606 270 C 672 263 738 268 792 287 C 838 304 874 326 902 345 C 800 352 560 356 433 351 Z",
        crease="M 176 424 C 420 398 760 392 1066 402",
        shoulder="M 150 404 C 330 366 640 360 1062 371 C 1066 384 1066 388 1066 392 C 700 378 380 388 136 432 C 136 418 140 410 150 404 Z",
        front=292,
        rear=870,
        wheel=68,
        sill=503,
        doors=("M 452 355 C 444 402 446 462 462 497", "M 640 355 C 644 400 646 450 648 497", "M 812 352 C 822 384 806 408 790 426"),
        pillars=("M 634 356 L 642 262", "M 800 353 L 796 287"),
        handles=((596, 384), (770, 382)),
        mirror=(452, 346),
        headlight="M 138 421 C 162 409 196 402 232 399 C 212 411 178 419 140 427 Z",
        taillight="M 1068 376 C 1034 374 1002 376 974 381 C 1004 387 1040 389 1070 388 Z",
        nose=(131, 497),
        tail=(1064, 497),
    ),
    "limousine": Shape(
        outline="M 93 496 C 82 474 80 440 86 414 C 91 397 116 388 152 381 C 240 364 330 354 402 347 C 452 309 516 258 620 247 "
        "C 720 238 812 243 884 264 C 944 284 996 318 1042 338 C 1074 344 1096 347 1108 353 C 1117 360 1116 374 1115 394 "
        "C 1121 428 1120 464 1108 496",
        glass="M 434 344 C 482 305 544 267 624 259 C 712 251 796 256 862 276 C 912 294 948 316 972 334 C 860 344 580 348 434 344 Z",
        crease="M 136 416 C 420 386 800 380 1112 392",
        shoulder="M 112 392 C 320 352 680 346 1106 360 C 1110 372 1110 378 1110 384 C 720 366 380 376 98 420 C 98 406 102 398 112 392 Z",
        front=270,
        rear=902,
        wheel=73,
        sill=503,
        doors=("M 456 348 C 448 398 450 460 466 496", "M 672 347 C 676 396 678 450 680 496", "M 872 343 C 884 378 860 404 832 424"),
        pillars=("M 664 348 L 670 251", "M 868 344 L 862 276"),
        handles=((620, 375), (824, 371)),
        mirror=(456, 338),
        headlight="M 100 408 C 128 396 166 389 206 386 C 184 398 146 407 102 415 Z",
        taillight="M 1112 368 C 1070 365 1032 367 1000 372 C 1036 378 1078 381 1114 380 Z",
        nose=(93, 496),
        tail=(1108, 496),
    ),
    "suv": Shape(
        outline="M 122 490 C 110 466 107 424 114 394 C 119 374 138 362 172 354 C 250 336 330 326 396 320 C 438 280 488 232 574 221 "
        "C 690 211 800 214 884 228 C 936 240 986 276 1030 318 C 1052 326 1068 334 1074 346 C 1084 366 1084 384 1083 402 "
        "C 1090 436 1088 466 1076 490",
        glass="M 428 317 C 470 275 514 241 578 233 C 690 224 790 226 866 239 C 908 250 942 276 968 306 C 850 316 560 322 428 317 Z",
        crease="M 160 402 C 420 372 780 364 1080 384",
        shoulder="M 134 368 C 320 330 660 322 1066 340 C 1076 352 1078 362 1079 370 C 700 346 380 356 120 402 C 120 386 124 376 134 368 Z",
        front=300,
        rear=892,
        wheel=76,
        sill=494,
        doors=("M 446 321 C 438 374 440 446 458 488", "M 650 320 C 654 372 656 434 658 488", "M 850 316 C 866 352 838 384 806 404"),
        pillars=("M 642 322 L 648 226", "M 846 318 L 850 236"),
        handles=((602, 352), (806, 348)),
        mirror=(446, 312),
        headlight="M 126 384 C 152 371 190 364 232 361 C 210 374 170 384 127 392 Z",
        taillight="M 1080 358 C 1044 352 1008 353 976 358 C 1010 366 1050 370 1083 370 Z",
        nose=(122, 490),
        tail=(1076, 490),
    ),
    "hatchback": Shape(
        outline="M 177 495 C 165 474 161 440 168 414 C 173 396 194 386 226 379 C 290 365 348 356 400 350 C 444 308 498 258 586 246 "
        "C 676 236 770 240 846 258 C 896 274 946 312 984 350 C 1002 358 1014 366 1018 378 C 1026 398 1026 410 1025 422 "
        "C 1030 450 1029 474 1019 495",
        glass="M 430 347 C 474 305 524 267 590 258 C 670 249 752 252 822 268 C 862 282 896 308 922 336 C 820 346 560 351 430 347 Z",
        crease="M 210 420 C 430 394 760 386 1022 406",
        shoulder="M 188 392 C 340 358 640 350 1010 368 C 1020 378 1021 386 1022 394 C 720 374 400 382 174 424 C 174 408 178 398 188 392 Z",
        front=322,
        rear=858,
        wheel=69,
        sill=500,
        doors=("M 450 351 C 442 400 444 460 460 494", "M 648 350 C 652 398 654 448 656 494", "M 812 346 C 826 378 800 404 776 424"),
        pillars=("M 640 352 L 646 249", "M 808 348 L 810 266"),
        handles=((602, 379), (772, 376)),
        mirror=(450, 342),
        headlight="M 180 406 C 204 393 238 387 274 384 C 254 396 220 405 182 412 Z",
        taillight="M 1021 388 C 990 380 958 380 930 384 C 960 393 994 399 1025 400 Z",
        nose=(177, 495),
        tail=(1019, 495),
    ),
    "coupe": Shape(
        outline="M 142 500 C 130 484 127 460 134 440 C 141 424 162 414 196 405 C 262 386 350 375 424 372 C 476 336 540 297 628 286 "
        "C 706 278 778 290 842 314 C 906 340 958 364 1014 374 C 1038 376 1050 378 1060 383 C 1070 390 1069 402 1067 416 "
        "C 1073 444 1071 474 1060 500",
        glass="M 456 376 C 506 337 560 305 632 297 C 700 290 762 300 816 322 C 850 338 872 350 888 362 C 800 374 590 381 456 376 Z",
        crease="M 190 446 C 430 420 760 412 1064 424",
        shoulder="M 152 418 C 340 380 640 382 1058 392 C 1062 402 1063 408 1063 414 C 720 400 400 404 140 444 C 140 432 144 424 152 418 Z",
        front=300,
        rear=866,
        wheel=68,
        sill=506,
        doors=("M 474 380 C 464 424 468 474 484 500", "M 744 376 C 754 416 752 460 742 500"),
        pillars=("M 740 377 L 752 297",),
        handles=((700, 404),),
        mirror=(474, 371),
        headlight="M 146 433 C 164 422 188 415 222 410 C 204 421 178 430 148 439 Z",
        taillight="M 1064 396 C 1030 393 996 395 966 400 C 998 407 1034 409 1066 408 Z",
        nose=(142, 500),
        tail=(1060, 500),
    ),
}
