"""Where a head points, from five points: a rigid face model seen from afar, fitted by least squares.

Axes are the camera's: x to the image's right, y down, z towards the camera. A pose turns the face by
its pitch, then its yaw, then its roll, so that turning the picture adds to roll and nothing else, and
mirroring it changes the signs of yaw and roll and nothing else. Signs are `values.Pose`'s.
"""
